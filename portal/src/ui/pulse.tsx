// Rows as they arrive, one thread for each look at the mesh: the taller, the more came since the look before.
import { useEffect, useState } from "react";

const THREADS = 48;
const seen = new Map<string, number[]>();

/** Counts are kept while the page lives, so that coming back to a product does not start from nothing. */
function usePulse(name: string, received: number, at: number): number[] {
  const [counts, setCounts] = useState(() => seen.get(name) ?? []);
  useEffect(() => {
    const next = [...(seen.get(name) ?? []), received].slice(-THREADS - 1);
    seen.set(name, next);
    setCounts(next);
  }, [name, received, at]);
  return counts.slice(1).map((count, index) => Math.max(0, count - (counts[index] ?? count)));
}

export function Pulse({ name, received, at }: { name: string; received: number; at: number }) {
  const threads = usePulse(name, received, at);
  const most = Math.max(1, ...threads);
  const from = THREADS - threads.length;
  return (
    <svg className="pulse" viewBox={`0 0 ${THREADS * 7} 30`} preserveAspectRatio="none" role="img" aria-label={`Rows received by ${name} since you came`}>
      {Array.from({ length: THREADS }, (_, index) => {
        const rows = threads[index - from];
        const height = rows === undefined ? 2 : 2 + (rows / most) * 27;
        return <rect key={index} className={rows ? "pulse-thread" : "pulse-rest"} x={index * 7 + 1} y={30 - height} width="4" height={height} />;
      })}
    </svg>
  );
}
