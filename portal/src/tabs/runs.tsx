// What the pipelines did lately: refinements, bulk files, models.
import { useQuery } from "@tanstack/react-query";
import { api, type Product, type Run } from "../api.ts";
import { LIVE } from "../client.ts";
import { count, instant, seconds } from "../format.ts";
import { CheckIcon, CrossIcon } from "../ui/icons.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";

const KINDS: Record<Run["kind"], string> = { refine: "Refine", bulk: "Bulk file", model: "Model" };

export function RunsTab({ product }: { product: Product }) {
  const runs = useQuery({ queryKey: ["runs", product.name], queryFn: () => api.runs(product.name), refetchInterval: LIVE });
  return (
    <section className="card" aria-label="Runs">
      {runs.isPending && <Skeleton lines={8} />}
      {runs.isError && !runs.data && <Trouble error={runs.error} retry={runs.refetch} forbidden="You may not see its runs" />}
      {runs.data && (runs.data.items.length === 0 ? <Nothing title="No run yet">The first row that arrives starts one.</Nothing> : <Lines runs={runs.data.items} />)}
    </section>
  );
}

function Lines({ runs }: { runs: Run[] }) {
  return (
    <div className="scroll scroll-tall" tabIndex={0} role="region" aria-label="Runs, newest first">
      <table className="lines num">
        <thead><tr><th scope="col">Started</th><th scope="col">Kind</th><th scope="col">Table</th><th scope="col">Result</th><th scope="col" className="right">Received</th><th scope="col" className="right">Good</th><th scope="col" className="right">Bad</th><th scope="col" className="right">Took</th><th scope="col">Note</th></tr></thead>
        <tbody>{runs.map((run) => <Line key={run.id} run={run} />)}</tbody>
      </table>
    </div>
  );
}

function Line({ run }: { run: Run }) {
  return (
    <tr>
      <td>{instant(run.started)}</td>
      <td>{KINDS[run.kind] ?? run.kind}</td>
      <td>{run.table}</td>
      <td><span className={run.status === "ok" ? "kept kept-met" : "kept kept-unmet"}>{run.status === "ok" ? <CheckIcon /> : <CrossIcon />}{run.status}</span></td>
      <td className="right">{count(run.received)}</td>
      <td className="right">{count(run.good)}</td>
      <td className={run.bad ? "right some-bad" : "right"}>{count(run.bad)}</td>
      <td className="right">{seconds(run.seconds)}</td>
      <td className="quiet wide">{run.note}</td>
    </tr>
  );
}
