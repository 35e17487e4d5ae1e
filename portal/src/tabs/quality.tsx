// Promised against measured, table by table, with the batches that it was measured on.
import { useQuery } from "@tanstack/react-query";
import { api, type Batch, type Product, type Quality } from "../api.ts";
import { LIVE } from "../client.ts";
import { clockTime, count, plural, seconds, share } from "../format.ts";
import { KeptMark } from "../ui/badges.tsx";
import { Measures } from "../ui/measures.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";

export function QualityTab({ product }: { product: Product }) {
  const quality = useQuery({ queryKey: ["quality", product.name], queryFn: () => api.quality(product.name), refetchInterval: LIVE });
  if (quality.isPending) return <Skeleton lines={8} />;
  if (quality.isError && !quality.data) return <section className="card"><Trouble error={quality.error} retry={quality.refetch} /></section>;
  const items = quality.data?.items ?? [];
  if (items.length === 0) return <section className="card"><Nothing title="Nothing is measured yet">A contract with <code>quality</code> says what to measure.</Nothing></section>;
  return <div className="stack">{items.map((item) => <Measured key={`${item.contract}/${item.table}`} of={item} />)}</div>;
}

function Measured({ of }: { of: Quality }) {
  const title = `quality-${of.table}`;
  return (
    <section className="card" aria-labelledby={title}>
      <header className="card-head"><h2 id={title}>{of.table} <span className="quiet">under {of.contract}</span></h2><KeptMark of={of.state} /></header>
      <Measures of={of} />
      {of.history.length === 0
        ? <Nothing title="No batch has been judged yet">What is unknown is never counted as met.</Nothing>
        : <><Bars of={of} /><Batches of={of} title={title} /></>}
    </section>
  );
}

/** One bar a batch: its height is the rows in it, the red part those that broke the contract. */
function Bars({ of: { history, table } }: { of: Quality }) {
  const shown = history.slice(-120);
  const most = Math.max(1, ...shown.map(({ rows }) => rows));
  const height = 64;
  const bad = shown.reduce((sum, batch) => sum + batch.bad, 0);
  return (
    <figure className="bars">
      <svg viewBox={`0 0 ${120 * 8} ${height}`} preserveAspectRatio="none" role="img" aria-label={`Rows in the last ${shown.length} batches of ${table}`}>
        {shown.map((batch, index) => <Bar key={batch.time + index} batch={batch} x={(120 - shown.length + index) * 8} unit={(height - 2) / most} height={height} />)}
      </svg>
      <figcaption className="num">{plural(shown.length, "batch", "batches")}, at most {plural(most, "row")} each, {plural(bad, "row")} quarantined</figcaption>
    </figure>
  );
}

function Bar({ batch, x, unit, height }: { batch: Batch; x: number; unit: number; height: number }) {
  const good = batch.good * unit;
  const bad = batch.bad > 0 ? Math.max(3, batch.bad * unit) : 0;
  return (
    <g>
      <title>{`${clockTime(batch.time)}: ${batch.good} good, ${batch.bad} bad`}</title>
      <rect className="bar-good" x={x + 1} y={height - good} width="6" height={good} />
      <rect className="bar-bad" x={x + 1} y={Math.max(0, height - good - bad)} width="6" height={bad} />
    </g>
  );
}

function Batches({ of: { history, table }, title }: { of: Quality; title: string }) {
  return (
    <details className="batches">
      <summary>The last batches as figures</summary>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby={title}>
        <table className="lines num">
          <caption className="unseen">Batches of {table}</caption>
          <thead><tr><th scope="col">Time</th><th scope="col" className="right">Rows</th><th scope="col" className="right">Good</th><th scope="col" className="right">Bad</th><th scope="col" className="right">Freshness</th><th scope="col" className="right">Completeness</th><th scope="col" className="right">Accuracy</th></tr></thead>
          <tbody>
            {history.slice(-20).reverse().map((batch, index) => (
              <tr key={batch.time + index}>
                <td>{clockTime(batch.time)}</td><td className="right">{count(batch.rows)}</td><td className="right">{count(batch.good)}</td>
                <td className={batch.bad ? "right some-bad" : "right"}>{count(batch.bad)}</td><td className="right">{seconds(batch.freshness)}</td>
                <td className="right">{share(batch.completeness)}</td><td className="right">{share(batch.accuracy)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
