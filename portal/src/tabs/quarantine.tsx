// Rows that broke the contract: which rule, which field, and the bytes exactly as they came.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, type Defect, type Product, type Quarantined, type Table } from "../api.ts";
import { whileLive } from "../client.ts";
import { clockTime, instant, plural } from "../format.ts";
import { CopyButton } from "../ui/copy.tsx";
import { Live, useHold } from "../ui/hold.tsx";
import { Pager } from "../ui/pager.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";
import { TableChoice, useTable } from "./tables.tsx";

const SIZE = 12;

export function QuarantineTab({ product }: { product: Product }) {
  const checked = product.tables.filter(({ layer }) => layer !== "gold");
  const [table, choose] = useTable({ ...product, tables: checked }, "quarantine");
  if (table === undefined) return <Nothing title="This product checks no rows" />;
  return (
    <>
      <div className="bar"><TableChoice tables={checked} chosen={table} choose={choose} /></div>
      <Kept key={table.name} product={product} table={table} />
    </>
  );
}

function Kept({ product, table }: { product: Product; table: Table }) {
  const [page, setPage] = useState(1);
  const [chosen, setChosen] = useState<string | null>(null);
  const { held, on } = useHold();
  const rows = useQuery({
    queryKey: ["quarantine", product.name, table.name, page],
    queryFn: () => api.quarantine(product.name, table.name, page, SIZE),
    placeholderData: keepPreviousData,
    refetchInterval: whileLive(held || chosen !== null),
  });
  if (rows.isPending) return <section className="card"><Skeleton lines={8} /></section>;
  if (rows.isError) return <section className="card"><Trouble error={rows.error} retry={rows.refetch} forbidden="You may not see the quarantine" /></section>;
  const { items, total } = rows.data;
  if (total === 0) return <section className="card"><Nothing title="Nothing in quarantine">Every row of {table.name} so far kept its contract.</Nothing></section>;
  const shown = items.find(({ event_id, row }) => `${event_id}/${row}` === chosen) ?? items[0];
  return (
    <div className="split" {...on}>
      <section className="card" aria-label="Rows in quarantine">
        <p className="split-lead"><span>{plural(total, "row")} kept apart, on no port</span><Live held={held || chosen !== null} /></p>
        <ul className="kept-rows">
          {items.map((item) => {
            const id = `${item.event_id}/${item.row}`;
            return <li key={id}><KeptRow item={item} chosen={item === shown} choose={() => setChosen(id)} /></li>;
          })}
        </ul>
        <Pager page={page} size={SIZE} total={total} turn={(to) => { setPage(to); setChosen(null); }} />
      </section>
      {shown && <Opened item={shown} table={table} />}
    </div>
  );
}

function KeptRow({ item, chosen, choose }: { item: Quarantined; chosen: boolean; choose: () => void }) {
  return (
    <button type="button" aria-pressed={chosen} onClick={choose}>
      <span className="kept-top"><code>{field(item.path)}</code><span className="rule">{item.rule}</span><time className="num" dateTime={item.time}>{clockTime(item.time)}</time></span>
      <span className="kept-message"><Words of={item.message} /></span>
    </button>
  );
}

function Opened({ item, table }: { item: Quarantined; table: Table }) {
  const defects = item.defects.length ? item.defects : [item];
  const facts: [string, string | null][] = [
    ["Kept apart", instant(item.time)],
    ["Position", `${item.position}, row ${item.row}`],
    ["Event", item.event_id],
    ["Source", item.source],
    ["File", item.file ? `${item.file}${item.offset === null ? "" : ` at ${item.offset}`}` : null],
  ];
  return (
    <section className="card opened" aria-label="Chosen row">
      <header className="card-head"><h2>Why this {table.name} was kept apart</h2></header>
      <ul className="defects">
        {defects.map((defect, index) => <li key={index}><code>{field(defect.path)}</code><span><Words of={defect.message} /></span><span className="rule">{defect.rule}</span></li>)}
      </ul>
      <div className="opened-bytes">
        <header><h3>As it was received</h3><CopyButton text={item.raw} /></header>
        <pre tabIndex={0} role="region" aria-label="Original bytes">{marked(item.raw, defects)}</pre>
      </div>
      <dl className="pairs num">{facts.map(([name, value]) => value && <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}

/** Names that a message quotes stand as code. */
function Words({ of }: { of: string }) {
  return of.split(/`([^`]+)`/).map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));
}

/** `/amount`, `amount` and `$.amount` are all the field amount; the row as a whole has no path. */
function field(path: string): string {
  return path.replace(/^\$?[./]?/, "").replaceAll("/", ".") || "the row";
}

/** The original text, untouched, with the values at fault marked where they can be found. */
function marked(raw: string, defects: Defect[]): ReactNode {
  const names = [...new Set(defects.map(({ path }) => field(path).split(".").at(-1) ?? ""))].filter((name) => /^\w+$/.test(name));
  if (names.length === 0) return raw;
  const value = `"(?:${names.join("|")})"\\s*:\\s*(?:"(?:[^"\\\\]|\\\\.)*"|[^,}\\]\\s]+)`;
  return raw.split(new RegExp(`(${value})`, "g")).map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part));
}
