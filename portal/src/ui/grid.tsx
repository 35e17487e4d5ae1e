// Rows as a table: numbers to the right, absent values quiet, long ones cut with the whole in reach.
import type { KeyboardEvent, ReactNode } from "react";
import { instant, NOTHING } from "../format.ts";

export interface GridColumn { name: string; kind: string; head?: ReactNode; sorted?: "ascending" | "descending" | "none" }

const NUMBERS = /^(u?(tiny|small|big|huge)?int(eger)?\d*|decimal.*|number|double|float\d*|real)$/i;
const TIMES = /^timestamp/i;

export function isNumber(kind: string): boolean {
  return NUMBERS.test(kind);
}

export function cellText(value: unknown, kind: string): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "object") return inner(value);
  if (TIMES.test(kind) && typeof value === "string") return instant(value);
  return String(value);
}

/** A nested object on one line: its values, as its keys stand in the contract. */
function inner(value: object): string {
  return Object.values(value).filter((each) => each !== null).map((each) => (typeof each === "object" ? JSON.stringify(each) : String(each))).join(" · ");
}

interface Gridded {
  label: string; columns: GridColumn[]; rows: unknown[][]; open?: (row: number) => void; chosen?: number | undefined;
}

export function Grid({ label, columns, rows, open, chosen }: Gridded) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table className={open ? "lines can-open" : "lines"}>
        <thead>
          <tr>{columns.map(({ name, kind, head, sorted }) => <th key={name} scope="col" className={isNumber(kind) ? "right" : ""} aria-sort={sorted}>{head ?? name}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index} className={index === chosen ? "asked" : ""} {...(open ? opening(() => open(index)) : {})}>
              {columns.map(({ name, kind }, at) => <Cell key={name} value={row[at]} kind={kind} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ value, kind }: { value: unknown; kind: string }) {
  const text = cellText(value, kind);
  const whole = typeof value === "object" && value !== null ? JSON.stringify(value) : text;
  const absent = value === null || value === undefined;
  return <td className={isNumber(kind) ? "right num" : TIMES.test(kind) ? "num" : ""} title={whole.length > 24 ? whole : undefined}><span className={absent ? "cell quiet" : "cell"}>{text}</span></td>;
}

/** A row opens by click, Enter or Space. */
function opening(open: () => void) {
  return {
    tabIndex: 0,
    onClick: open,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open();
    },
  };
}
