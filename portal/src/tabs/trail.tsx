// One row and the way back from it: the answer, the tables, the log, and the request that brought it.
import { useQuery } from "@tanstack/react-query";
import { api, type Column, type Product, type Row, type Step, type Table } from "../api.ts";
import { MaskMark } from "../ui/badges.tsx";
import { Drawer } from "../ui/drawer.tsx";
import { cellText } from "../ui/grid.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";

interface Opened { product: Product; table: Table; row: Row; close: () => void }

function keyOf(table: Table, row: Row): string | null {
  const clear = table.key.every((name) => table.columns.find((column) => column.name === name)?.mask === "none");
  return table.key.length > 0 && clear ? table.key.map((name) => String(row[name] ?? "")).join(",") : null;
}

export function TrailDrawer({ product, table, row, close }: Opened) {
  const key = keyOf(table, row);
  return (
    <Drawer title={<>{table.name} <span className="quiet num">{key}</span></>} close={close}>
      <h3>The row</h3>
      <dl className="pairs num">
        {table.columns.filter(({ mask }) => mask !== "hide").map((column) => <Pair key={column.name} column={column} value={row[column.name]} />)}
      </dl>
      <h3>Where it came from</h3>
      {key === null
        ? <Nothing title="Its trail is not open to you">The key of {table.name} is masked for your roles, so that a row cannot be followed by it.</Nothing>
        : <Steps product={product.name} table={table.name} id={key} />}
    </Drawer>
  );
}

function Pair({ column: { name, kind, mask }, value }: { column: Column; value: unknown }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{typeof value === "object" && value !== null ? <code>{JSON.stringify(value)}</code> : cellText(value, mask === "none" ? kind : "string")}{mask !== "none" && <MaskMark of={mask} />}</dd>
    </div>
  );
}

function Steps({ product, table, id }: { product: string; table: string; id: string }) {
  const trail = useQuery({ queryKey: ["trail", product, table, id], queryFn: () => api.trail(product, table, id), staleTime: 60_000 });
  if (trail.isPending) return <Skeleton lines={6} />;
  if (trail.isError) return <Trouble error={trail.error} retry={trail.refetch} forbidden="Its trail is not open to you" />;
  return <ol className="trail">{trail.data.steps.map((step, index) => <StepLine key={index} step={step} />)}</ol>;
}

/** The answer's row stands above already. */
function details({ kind, detail }: Step): [name: string, value: string][] {
  return Object.entries(detail).filter(([name, value]) => value !== "" && !(kind === "answer" && name === "row"));
}

function StepLine({ step }: { step: Step }) {
  return (
    <li className={`trail-${step.kind}`}>
      <h4><span className="trail-kind">{step.kind}</span>{step.label}</h4>
      <dl className="pairs num">
        {details(step).map(([name, value]) => <div key={name}><dt>{name.replaceAll("_", " ")}</dt><dd>{String(value)}</dd></div>)}
      </dl>
    </li>
  );
}
