// Tabs that a keyboard can walk: one stop for Tab, arrows, Home and End between them.
import { type KeyboardEvent, type ReactNode, useRef } from "react";

export interface Tab { id: string; label: ReactNode }
interface Tabbed { tabs: Tab[]; chosen: string; choose: (id: string) => void; label: string; panel: string; small?: boolean }

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

export function Tabs({ tabs, chosen, choose, label, panel, small = false }: Tabbed) {
  const list = useRef<HTMLDivElement>(null);
  function move(event: KeyboardEvent) {
    const to = MOVES[event.key]?.(tabs.findIndex(({ id }) => id === chosen), tabs.length);
    const tab = to === undefined ? undefined : tabs[to];
    if (to === undefined || tab === undefined) return;
    event.preventDefault();
    choose(tab.id);
    (list.current?.children[to] as HTMLElement | undefined)?.focus();
  }
  return (
    <div className={small ? "tabs tabs-small" : "tabs"} role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map((tab) => (
        <button key={tab.id} type="button" role="tab" id={`${panel}-${tab.id}`} aria-selected={tab.id === chosen}
          aria-controls={panel} tabIndex={tab.id === chosen ? 0 : -1} onClick={() => choose(tab.id)}>
          {tab.label}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({ panel, chosen, children }: { panel: string; chosen: string; children: ReactNode }) {
  return <div role="tabpanel" id={panel} aria-labelledby={`${panel}-${chosen}`}>{children}</div>;
}

/** A choice among a few that are all in sight. */
export function Choice({ of, chosen, choose, label }: { of: Tab[]; chosen: string; choose: (id: string) => void; label: string }) {
  return (
    <div className="choice" role="group" aria-label={label}>
      {of.map(({ id, label: text }) => (
        <button key={id} type="button" aria-pressed={id === chosen} onClick={() => choose(id)}>{text}</button>
      ))}
    </div>
  );
}
