// Numbers, shares and times as a person reads them.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const NOTHING = "–";

export function count(n: number | null | undefined): string {
  if (n === null || n === undefined) return NOTHING;
  return n < 1_000_000 ? whole.format(n) : short.format(n);
}

export function seconds(s: number | null | undefined): string {
  if (s === null || s === undefined) return NOTHING;
  if (s < 0.02) return `${Math.max(1, Math.round(s * 1000))} ms`;
  if (s < 0.995) return `${Math.round(s * 100) * 10} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 129_600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

/** A promise of 1.0 reads `1 s`, not `1.0 s`: it was written by a person. */
export function promisedSeconds(s: number): string {
  return seconds(s).replace(".0 ", " ");
}

/** Rounding a share up to 100 % would be a lie: it gets digits until it reads as less. */
export function share(x: number | null | undefined): string {
  if (x === null || x === undefined) return NOTHING;
  if (x >= 1) return "100 %";
  for (const digits of [1, 2, 3, 4, 5]) {
    const percent = Number((x * 100).toFixed(digits));
    if (percent < 100) return `${percent} %`;
  }
  return "> 99.999 %";
}

export function measure(value: number | null | undefined, unit: "seconds" | "share"): string {
  return unit === "seconds" ? seconds(value) : share(value);
}

/** An instant in the reader's own time zone, to the second. */
export function instant(text: string | null | undefined): string {
  if (!text) return NOTHING;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function clockTime(text: string): string {
  return instant(text).slice(11);
}

export function ago(text: string | null | undefined, now: number = Date.now()): string {
  if (!text) return "never";
  const past = (now - new Date(text).getTime()) / 1000;
  if (Number.isNaN(past)) return text;
  if (past < 2) return "just now";
  return `${seconds(past).replace(/\.\d/, "")} ago`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? (words.at(-1)?.[0] ?? "") : "")).toUpperCase();
}
