// Pages of a long answer.
import { count } from "../format.ts";
import { BackIcon, NextIcon } from "./icons.tsx";

export function Pager({ page, size, total, turn }: { page: number; size: number; total: number; turn: (page: number) => void }) {
  const last = Math.max(1, Math.ceil(total / size));
  const from = total === 0 ? 0 : (page - 1) * size + 1;
  return (
    <nav className="pager" aria-label="Pages">
      <span className="num">{count(from)} to {count(Math.min(total, page * size))} of {count(total)}</span>
      <button type="button" className="button button-quiet" aria-label="Previous page" disabled={page <= 1} onClick={() => turn(page - 1)}><BackIcon /></button>
      <button type="button" className="button button-quiet" aria-label="Next page" disabled={page >= last} onClick={() => turn(page + 1)}><NextIcon /></button>
    </nav>
  );
}
