// Freshness, completeness and accuracy of one table: measured against promised, with a line of how it went.
import type { Batch, Measure, Quality } from "../api.ts";
import { measure, NOTHING, promisedSeconds, share } from "../format.ts";
import { KeptMark } from "./badges.tsx";
import { Spark } from "./spark.tsx";

const MEANING: Record<Measure["name"], string> = {
  freshness: "from event to readable",
  completeness: "required values present",
  accuracy: "rows that keep the contract",
};

export function promised({ promised: value, unit }: Measure): string {
  if (value === null) return NOTHING;
  return unit === "seconds" ? `within ${promisedSeconds(value)}` : value >= 1 ? share(value) : `at least ${share(value)}`;
}

export function Measures({ of }: { of: Quality }) {
  return (
    <div className="measures">
      {of.measures.map((each) => <Tile key={each.name} of={each} history={of.history} table={of.table} />)}
    </div>
  );
}

function Tile({ of, history, table }: { of: Measure; history: Batch[]; table: string }) {
  const points = history.slice(-60).map((batch) => batch[of.name]);
  return (
    <div className={`measure measure-${of.state}`}>
      <span className="measure-head"><span className="measure-name">{of.name}</span><KeptMark of={of.state} /></span>
      <strong className="num">{measure(of.measured, of.unit)}</strong>
      <span className="measure-promise num">{of.promised === null ? "nothing promised" : `promised ${promised(of)}`}</span>
      <Spark points={points} promised={of.promised} width={200} height={34} label={`${of.name} of ${table} over its last ${points.length} batches`} />
      <span className="measure-foot">{MEANING[of.name]}</span>
    </div>
  );
}
