// A line of recent measurements, small enough to sit in a sentence; the promise is a dashed line across it.

interface Sparked { points: (number | null)[]; label: string; promised?: number | null; width?: number; height?: number }

interface Scale { x: (index: number) => number; y: (value: number) => number }

function scale(points: (number | null)[], promised: number | null, width: number, height: number): Scale {
  const known = points.filter((point) => point !== null);
  const all = promised === null ? known : [...known, promised];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const span = high - low || Math.abs(high) || 1;
  const step = points.length > 1 ? (width - 6) / (points.length - 1) : 0;
  return { x: (index) => 3 + index * step, y: (value) => height - 3 - ((value - low) / span) * (height - 6) };
}

/** Where nothing was measured the line has a gap: unknown is not zero. */
function path(points: (number | null)[], { x, y }: Scale): string {
  return points
    .map((point, index) => {
      if (point === null) return "";
      const start = index === 0 || points[index - 1] === null;
      return `${start ? "M" : "L"}${x(index).toFixed(1)} ${y(point).toFixed(1)}`;
    })
    .join("");
}

export function Spark({ points, label, promised = null, width = 160, height = 36 }: Sparked) {
  const last = points.findLastIndex((point) => point !== null);
  const value = points[last];
  if (value === null || value === undefined || points.length < 2) return <span className="spark-none">no history yet</span>;
  const on = scale(points, promised, width, height);
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label} preserveAspectRatio="none">
      {promised !== null && <path className="spark-promise" d={`M3 ${on.y(promised)}H${width - 3}`} />}
      <path className="spark-line" d={path(points, on)} />
      <path className="spark-now" d={`M${on.x(last)} ${on.y(value)}h0`} />
    </svg>
  );
}
