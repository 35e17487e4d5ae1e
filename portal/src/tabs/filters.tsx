// One condition at a time on a column; those that hold stand beside as chips.
import { type FormEvent, useState } from "react";
import type { Column, Filter } from "../api.ts";
import { CrossIcon } from "../ui/icons.tsx";

const SIGNS: [how: Filter["how"], sign: string][] = [
  ["", "="],
  ["ne", "≠"],
  ["gt", ">"],
  ["gte", "≥"],
  ["lt", "<"],
  ["lte", "≤"],
];
const sign = (how: Filter["how"]) => SIGNS.find(([each]) => each === how)?.[1] ?? "=";

interface Filtered { columns: Column[]; filters: Filter[]; change: (filters: Filter[]) => void }

export function Filters({ columns, filters, change }: Filtered) {
  const open = columns.filter(({ kind }) => kind !== "object" && kind !== "json");
  const [column, setColumn] = useState(open[0]?.name ?? "");
  const [how, setHow] = useState<Filter["how"]>("");
  const [value, setValue] = useState("");
  function add(event: FormEvent) {
    event.preventDefault();
    if (!value.trim()) return;
    change([...filters.filter((each) => each.column !== column || each.how !== how), { column, how, value: value.trim() }]);
    setValue("");
  }
  return (
    <form className="filters" onSubmit={add} aria-label="Filter rows">
      <select aria-label="Column" value={column} onChange={(event) => setColumn(event.target.value)}>
        {open.map(({ name }) => <option key={name}>{name}</option>)}
      </select>
      <select aria-label="Condition" className="filters-how" value={how} onChange={(event) => setHow(event.target.value as Filter["how"])}>
        {SIGNS.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
      <input aria-label="Value" placeholder="value" value={value} onChange={(event) => setValue(event.target.value)} />
      <button type="submit" className="button" disabled={!value.trim()}>Filter</button>
      {filters.map((each) => (
        <span className="chip" key={`${each.column}${each.how}`}>
          {each.column} {sign(each.how)} {each.value}
          <button type="button" aria-label={`Remove ${each.column} ${sign(each.how)} ${each.value}`} onClick={() => change(filters.filter((other) => other !== each))}><CrossIcon /></button>
        </span>
      ))}
    </form>
  );
}
