// Live lists stand still while someone points into them or reads there: rows that jump away cannot be read or chosen.
import { useState } from "react";

export interface Hold { held: boolean; on: { onMouseEnter: () => void; onMouseLeave: () => void; onFocus: () => void; onBlur: () => void } }

export function Live({ held = false }: { held?: boolean }) {
  return <span className={held ? "live-sign live-held" : "live-sign"}><i aria-hidden="true" />{held ? "still while you read" : "live"}</span>;
}

export function useHold(): Hold {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  return {
    held: pointed || focused,
    on: {
      onMouseEnter: () => setPointed(true),
      onMouseLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: () => setFocused(false),
    },
  };
}
