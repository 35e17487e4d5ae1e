// Who is signed in, top right: switch to another demo person, choose light or dark, sign out.
import { useEffect, useRef, useState } from "react";
import type { Person } from "../api.ts";
import { initials } from "../format.ts";
import { useSession, useSignIn, useSignOut, usePerson } from "../session.tsx";
import { type Theme, useTheme } from "../theme.ts";
import { DownIcon } from "./icons.tsx";
import { Choice } from "./tabs.tsx";

export function Avatar({ of }: { of: Person }) {
  return <span className="avatar" aria-hidden="true">{initials(of.name)}</span>;
}

export function Roles({ of }: { of: Person }) {
  return <span className="roles">{of.roles.length ? of.roles.join(", ") : "no role"}</span>;
}

export function UserMenu() {
  const person = usePerson();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useClosing(box, open, () => setOpen(false));
  return (
    <div className="user" ref={box}>
      <button type="button" className="user-button" aria-expanded={open} aria-controls="user-menu" onClick={() => setOpen(!open)}>
        <Avatar of={person} />
        <span>{person.name}</span>
        <DownIcon />
      </button>
      {open && <Menu person={person} />}
    </div>
  );
}

const THEMES: { id: Theme; label: string }[] = [
  { id: "system", label: "System" },
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
];

function Menu({ person }: { person: Person }) {
  const session = useSession();
  const signIn = useSignIn();
  const signOut = useSignOut();
  const [theme, wear] = useTheme();
  const others = (session.data?.users ?? []).filter(({ id }) => id !== person.id);
  return (
    <div className="user-menu" id="user-menu" role="group" aria-label="Your session">
      <div className="user-who">
        <strong>{person.name}</strong>
        <Roles of={person} />
      </div>
      {others.length > 0 && (
        <div className="user-others">
          <h2>See the mesh as</h2>
          {others.map((other) => (
            <button key={other.id} type="button" onClick={() => signIn.mutate({ user: other.id })}>
              <Avatar of={other} />
              <span>{other.name}<Roles of={other} /></span>
            </button>
          ))}
        </div>
      )}
      <div className="user-theme"><Choice of={THEMES} chosen={theme} choose={(id) => wear(id as Theme)} label="Colours" /></div>
      <button type="button" className="user-out" onClick={() => signOut.mutate()}>Sign out</button>
    </div>
  );
}

/** A click elsewhere or Escape closes it; Escape gives focus back to the button. */
function useClosing(box: React.RefObject<HTMLDivElement | null>, open: boolean, close: () => void): void {
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => box.current?.contains(event.target as Node) || close();
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      close();
      box.current?.querySelector("button")?.focus();
    };
    document.addEventListener("mousedown", away);
    document.addEventListener("focusin", away);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("mousedown", away);
      document.removeEventListener("focusin", away);
      document.removeEventListener("keydown", key);
    };
  });
}
