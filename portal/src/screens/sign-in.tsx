// The door: choose one of the demo's people, or paste an API key.
import { type FormEvent, useEffect, useState } from "react";
import type { Person } from "../api.ts";
import { type Opened, useSignIn } from "../session.tsx";
import { KeyIcon, Mark, NextIcon } from "../ui/icons.tsx";
import { Trouble } from "../ui/states.tsx";
import { Avatar, Roles } from "../ui/user-menu.tsx";

export function SignIn({ session }: { session: Opened }) {
  const signIn = useSignIn();
  const refused = signIn.error ?? session.refused;
  const demo = session.sign_in === "demo";
  useEffect(() => { document.title = "Sign in · Weft"; }, []);
  return (
    <main className="door" tabIndex={-1}>
      <div className="door-sheet">
        <Mark size={44} />
        <h1>{demo ? "Who are you today?" : "Sign in"}</h1>
        <p className="door-lead">
          {demo
            ? "This is a demo mesh. Each person sees the same data under the rules of their own roles."
            : "Paste the API key that was made for you with weft."}
        </p>
        {refused !== undefined && <Trouble error={refused} forbidden="This key opens nothing here" level={2} />}
        {demo && <People people={session.users ?? []} choose={(user) => signIn.mutate({ user })} busy={signIn.isPending} />}
        {demo
          ? <details className="door-key"><summary>Use an API key instead</summary><KeyForm enter={(key) => signIn.mutate({ key })} busy={signIn.isPending} /></details>
          : <KeyForm enter={(key) => signIn.mutate({ key })} busy={signIn.isPending} />}
      </div>
    </main>
  );
}

function People({ people, choose, busy }: { people: Person[]; choose: (id: string) => void; busy: boolean }) {
  return (
    <ul className="people">
      {people.map((person) => (
        <li key={person.id}>
          <button type="button" disabled={busy} onClick={() => choose(person.id)}>
            <Avatar of={person} />
            <span className="people-name">{person.name}<Roles of={person} /></span>
            <NextIcon />
          </button>
        </li>
      ))}
    </ul>
  );
}

function KeyForm({ enter, busy }: { enter: (key: string) => void; busy: boolean }) {
  const [key, setKey] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    if (key.trim()) enter(key.trim());
  }
  return (
    <form className="key-form" onSubmit={submit}>
      <label>
        <span>API key</span>
        <span className="field"><KeyIcon /><input type="password" autoComplete="off" spellCheck={false} placeholder="weft_…" value={key} onChange={(event) => setKey(event.target.value)} /></span>
      </label>
      <button type="submit" className="button button-main" disabled={busy || !key.trim()}>Sign in</button>
    </form>
  );
}
