// A small SQL box: one SELECT, run as the signed-in person, under the same rules as every port.
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { type Answer, api, type Product } from "../api.ts";
import { plural, seconds } from "../format.ts";
import { usePerson } from "../session.tsx";
import { Grid } from "../ui/grid.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";
import { sqlName } from "./snippets.tsx";

const LIMIT = 100;

export function QueryTab({ product }: { product: Product }) {
  const person = usePerson();
  const [sql, setSql] = useState(`SELECT *\nFROM ${sqlName(product.name, product.tables[0]?.name ?? "table")}\nLIMIT 20`);
  const run = useMutation({ mutationFn: (text: string) => api.query(text, LIMIT) });
  function submit(event: FormEvent) {
    event.preventDefault();
    run.mutate(sql);
  }
  function shortcut(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  }
  return (
    <section className="card">
      <form className="sql" onSubmit={submit}>
        <label className="unseen" htmlFor="sql">SQL</label>
        <textarea id="sql" rows={5} spellCheck={false} value={sql} onChange={(event) => setSql(event.target.value)} onKeyDown={shortcut} />
        <div className="sql-foot">
          <span className="quiet">
            {product.tables.map(({ name }) => <button key={name} type="button" className="chip" onClick={() => setSql(`SELECT *\nFROM ${sqlName(product.name, name)}\nLIMIT 20`)}>{name}</button>)}
          </span>
          <span className="quiet">As {person.roles.join(", ") || "nobody in particular"}, at most {LIMIT} rows</span>
          <button type="submit" className="button button-main" disabled={run.isPending || !sql.trim()}>Run <kbd aria-hidden="true">Ctrl ↵</kbd></button>
        </div>
      </form>
      <div aria-live="polite">
        {run.isPending && <Skeleton lines={5} />}
        {run.isError && <Trouble error={run.error} forbidden="You may not read this" />}
        {run.data && <Answered answer={run.data} />}
      </div>
    </section>
  );
}

function Answered({ answer: { columns, rows, seconds: took } }: { answer: Answer }) {
  if (rows.length === 0) return <Nothing title="No rows">The query ran in {seconds(took)} and found nothing.</Nothing>;
  return (
    <>
      <Grid label="Answer" columns={columns.map(({ name, type }, at) => ({ name: columns.findIndex((other) => other.name === name) === at ? name : `${name} ${at + 1}`, kind: type }))} rows={rows} />
      <p className="sql-took num">{plural(rows.length, "row")} in {seconds(took)}</p>
    </>
  );
}
