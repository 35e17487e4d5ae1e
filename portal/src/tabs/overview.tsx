// The product in plain words: what it promises, how it keeps that, how to use it, where it comes from, who may see it.
import { useQuery } from "@tanstack/react-query";
import { api, type Contract, type Product, type Quality } from "../api.ts";
import { LIVE } from "../client.ts";
import { ago, count, seconds } from "../format.ts";
import { href } from "../route.ts";
import { KeptMark, Layer } from "../ui/badges.tsx";
import { Live } from "../ui/hold.tsx";
import { Measures } from "../ui/measures.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";
import { Access, Endpoints, Inferred, Neighbours, Sources, Unserved } from "./overview-facts.tsx";
import { Snippets } from "./snippets.tsx";

export function OverviewTab({ product }: { product: Product }) {
  return (
    <div className="overview">
      <div className="overview-main">
        <LiveTables product={product} />
        <Promises product={product} />
        <Snippets product={product} />
        <Unserved of={product} />
      </div>
      <aside className="overview-side" aria-label="Facts">
        <Sources of={product} />
        <Access of={product} />
        <Neighbours of={product} />
        <Endpoints of={product} />
        <Inferred of={product} />
      </aside>
    </div>
  );
}

function LiveTables({ product }: { product: Product }) {
  const live = useQuery({ queryKey: ["live", product.name], queryFn: () => api.live(product.name), refetchInterval: LIVE });
  return (
    <section className="card" aria-labelledby="live-title">
      <header className="card-head"><h2 id="live-title">Right now</h2><Live /></header>
      {live.isPending && <Skeleton lines={2} />}
      {live.isError && !live.data && <Trouble error={live.error} retry={live.refetch} />}
      {live.data && (
        <div className="scroll" tabIndex={0} role="region" aria-labelledby="live-title">
          <table className="lines num">
            <thead><tr><th scope="col">Table</th><th scope="col" className="right">Rows</th><th scope="col" className="right">Received</th><th scope="col" className="right">Quarantined</th><th scope="col" className="right">Rows a second</th><th scope="col" className="right">Fresh</th><th scope="col" className="right">Last row</th></tr></thead>
            <tbody>
              {live.data.tables.map((table) => (
                <tr key={table.name}>
                  <th scope="row"><a href={href(["products", product.name, "data"], { table: table.name })}>{table.name}</a> <Layer of={table.layer} /></th>
                  <td className="right">{count(table.rows)}</td>
                  <td className="right">{table.layer === "gold" ? "–" : count(table.received)}</td>
                  <td className="right">{table.quarantined > 0 ? <a className="some-bad" href={href(["products", product.name, "quarantine"], { table: table.name })}>{count(table.quarantined)}</a> : table.layer === "gold" ? "–" : 0}</td>
                  <td className="right">{table.per_second ? table.per_second.toFixed(1) : "–"}</td>
                  <td className="right">{seconds(table.freshness_seconds)}</td>
                  <td className="right quiet">{ago(table.last_received, new Date(live.data.time).getTime())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Promises({ product }: { product: Product }) {
  const quality = useQuery({ queryKey: ["quality", product.name], queryFn: () => api.quality(product.name), refetchInterval: LIVE });
  if (product.contracts.length === 0) return <section className="card"><Nothing title="Nothing is promised yet" level={2}>This product has no contract.</Nothing></section>;
  return product.contracts.map((contract, index) => (
    <Promise key={contract.name} of={contract} open={index === 0} measured={quality.data?.items.filter((item) => item.contract === contract.name) ?? []} />
  ));
}

function Promise({ of: contract, open, measured }: { of: Contract; open: boolean; measured: Quality[] }) {
  const title = `promise-${contract.name}`;
  return (
    <section className="card" aria-labelledby={title}>
      <header className="card-head">
        <h2 id={title}>The promise of {contract.name}<span className="version num">{contract.version}</span></h2>
        {measured[0] && <KeptMark of={measured[0].state} />}
      </header>
      <div className="promise">
        {measured.map((item) => <Measures key={item.table} of={item} />)}
        <details open={open}>
          <summary>In plain words</summary>
          <ul className="promise-words">{contract.promise.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>
        </details>
      </div>
    </section>
  );
}
