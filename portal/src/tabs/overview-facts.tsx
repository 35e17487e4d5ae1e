// The facts beside the promise: sources, access, neighbours, addresses, what is not served yet, what was inferred.
import type { ReactNode } from "react";
import type { Product } from "../api.ts";
import { CheckIcon, PlugIcon } from "../ui/icons.tsx";

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return <section className="fact"><h2>{title}</h2>{children}</section>;
}

export function Sources({ of: { sources } }: { of: Product }) {
  return (
    <Fact title="Sources">
      {sources.length === 0 && <p className="quiet">Rows come in over HTTP only.</p>}
      <ul className="fact-list">
        {sources.map(({ name, kind, objects, connected, hint }) => (
          <li key={name}>
            <span className="fact-line"><b>{name}</b>{kind !== name && <span className="quiet">{kind}</span>}<span className={connected ? "plug plug-in" : "plug"}>{connected ? <CheckIcon /> : <PlugIcon />}{connected ? "connected" : "not connected"}</span></span>
            {objects.length > 0 && <span className="quiet fact-wrap">{objects.join(", ")}</span>}
            {!connected && hint && <span className="hint">{hint}</span>}
          </li>
        ))}
      </ul>
    </Fact>
  );
}

export function Access({ of: { access } }: { of: Product }) {
  return (
    <Fact title="Who may see it">
      {access.length === 0 && <p className="quiet">Nobody yet: <code>spec.access</code> grants no role.</p>}
      <ul className="fact-list">
        {access.map(({ role, permissions, rows, purpose }) => (
          <li key={role}>
            <span className="fact-line"><b>{role}</b><span className="grants">{permissions.map((each) => <span key={each} className={`grant grant-${each}`}>{each}</span>)}</span></span>
            {rows && <span className="quiet">only rows where <code>{rows}</code></span>}
            {purpose && <span className="quiet">for {purpose}</span>}
          </li>
        ))}
      </ul>
    </Fact>
  );
}

export function Neighbours({ of: { upstream, downstream } }: { of: Product }) {
  if (upstream.length + downstream.length === 0) return null;
  const list = (items: Product["upstream"]) => items.map(({ name, kind }) => <li key={name} className="fact-line"><b>{name}</b><span className="quiet">{kind}</span></li>);
  return (
    <Fact title="Neighbours">
      {upstream.length > 0 && <><h3>It depends on</h3><ul className="fact-list">{list(upstream)}</ul></>}
      {downstream.length > 0 && <><h3>These depend on it</h3><ul className="fact-list">{list(downstream)}</ul></>}
    </Fact>
  );
}

const OPERATIONS: Record<string, string> = { get: "one row of", field: "one field of", search: "search in", list: "rows of" };

export function Endpoints({ of: { endpoints } }: { of: Product }) {
  if (endpoints.length === 0) return null;
  return (
    <Fact title="Its own addresses">
      <ul className="fact-list">
        {endpoints.map(({ path, table, operation }) => <li key={path}><code className="fact-wrap">{path}</code><span className="quiet">{OPERATIONS[operation] ?? operation} {table}</span></li>)}
      </ul>
    </Fact>
  );
}

export function Unserved({ of: { unserved } }: { of: Product }) {
  if (unserved.length === 0) return null;
  return (
    <section className="card" aria-labelledby="unserved-title">
      <header className="card-head"><h2 id="unserved-title">Declared, not served yet</h2></header>
      <ul className="unserved">
        {unserved.map(({ path, what, meanwhile }) => (
          <li key={path}><span><b>{what}</b> <code>{path}</code></span><span className="quiet">Meanwhile: {meanwhile}</span></li>
        ))}
      </ul>
    </section>
  );
}

export function Inferred({ of: { inferred, file } }: { of: Product }) {
  return (
    <Fact title="Declared in">
      <code className="fact-wrap">{file}</code>
      {inferred.length > 0 && (
        <details className="inferred">
          <summary>{inferred.length} values were inferred</summary>
          <ul className="fact-list">
            {inferred.map(({ path, value, because, line }) => (
              <li key={path}>
                <code className="fact-wrap">{path}: {typeof value === "string" ? value : JSON.stringify(value)}</code>
                <span className="quiet">{because}</span>
                {line !== null && line !== "" && <span className="quiet">set it with <code className="fact-wrap">{line}</code></span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Fact>
  );
}
