// Text to take away: shown as code, copied with one click.
import { useEffect, useState } from "react";
import { CheckIcon, CopyIcon } from "./icons.tsx";

export function CopyButton({ text, what = "Copy" }: { text: string; what?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1_500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button type="button" className="button button-quiet" onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}>
      {done ? <CheckIcon /> : <CopyIcon />}
      <span aria-live="polite">{done ? "Copied" : what}</span>
    </button>
  );
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="code">
      <pre tabIndex={0} role="region" aria-label={label}>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}
