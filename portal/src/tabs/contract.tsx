// What each table looks like and what its contract asks: columns as the signed-in person sees them, and the schema itself.
import { useEffect, useRef, useState } from "react";
import type { Column, Contract, Product, Table } from "../api.ts";
import { promisedSeconds, share } from "../format.ts";
import { useRoute } from "../route.ts";
import { Class, MaskMark } from "../ui/badges.tsx";
import { Code } from "../ui/copy.tsx";
import { Nothing } from "../ui/states.tsx";
import { Choice } from "../ui/tabs.tsx";
import { TableChoice, useTable } from "./tables.tsx";

const VIEWS = [
  { id: "columns", label: "Columns" },
  { id: "schema", label: "Schema" },
];

export function ContractTab({ product }: { product: Product }) {
  const [table, choose] = useTable(product, "contract");
  const [view, setView] = useState("columns");
  if (table === undefined) return <Nothing title="This product has no tables yet" />;
  const contract = product.contracts.find(({ name }) => name === table.contract);
  return (
    <>
      <div className="bar">
        <TableChoice tables={product.tables} chosen={table} choose={choose} />
        {contract && <Choice of={VIEWS} chosen={view} choose={setView} label="View" />}
      </div>
      <About table={table} contract={contract} />
      {contract && view === "schema"
        ? <section className="card"><Code label={`Schema ${contract.path}`} text={JSON.stringify(contract.schema, null, 2)} /></section>
        : <Columns table={table} />}
    </>
  );
}

function About({ table, contract }: { table: Table; contract: Contract | undefined }) {
  return (
    <p className="about num">
      {contract ? <span>{contract.name} <b>{contract.version}</b></span> : <span>No contract of its own</span>}
      {contract?.path && <code>{contract.path}</code>}
      <span>key <b>{table.key.join(", ") || "none"}</b></span>
      {contract && contract.quality.freshness !== null && <span>fresh within <b>{promisedSeconds(contract.quality.freshness)}</b></span>}
      {contract && contract.quality.completeness !== null && <span>complete <b>{share(contract.quality.completeness)}</b></span>}
      {contract && contract.quality.accuracy !== null && <span>accurate <b>{share(contract.quality.accuracy)}</b></span>}
    </p>
  );
}

interface Line { path: string; column: Column; depth: number }

function lines(columns: Column[], above = "", depth = 0): Line[] {
  return columns.flatMap((column) => {
    const path = above ? `${above}.${column.name}` : column.name;
    return [{ path, column, depth }, ...lines(column.fields ?? [], path, depth + 1)];
  });
}

function Columns({ table }: { table: Table }) {
  const asked = useRoute().query.get("column");
  return (
    <section className="card">
      <div className="scroll" tabIndex={0} role="region" aria-label={`Columns of ${table.name}`}>
        <table className="lines">
          <thead><tr><th scope="col">Column</th><th scope="col">Type</th><th scope="col">Required</th><th scope="col">Classification</th><th scope="col">For you</th><th scope="col">Meaning</th></tr></thead>
          <tbody>
            {lines(table.columns).map((line) => <ColumnLine key={line.path} line={line} isKey={table.key.includes(line.path)} asked={line.path === asked} />)}
          </tbody>
        </table>
      </div>
      {table.sql && <div className="card-sql"><h3>Made by</h3><Code label={`SQL of ${table.name}`} text={table.sql} /></div>}
    </section>
  );
}

function ColumnLine({ line: { column, depth }, isKey, asked }: { line: Line; isKey: boolean; asked: boolean }) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (asked) row.current?.scrollIntoView({ block: "nearest" });
  }, [asked]);
  return (
    <tr ref={row} className={asked ? "asked" : ""}>
      <th scope="row" data-depth={Math.min(depth, 4)}><code>{column.name}</code>{isKey && <span className="key-mark">key</span>}</th>
      <td className="quiet">{column.kind}</td>
      <td>{column.required ? "required" : <span className="quiet">optional</span>}</td>
      <td><Class of={column.classification} /></td>
      <td><MaskMark of={column.mask} /></td>
      <td className="quiet wide">{column.description}</td>
    </tr>
  );
}
