// The mark and the few icons, drawn inline so that nothing is fetched for them.
import type { ReactNode } from "react";

/** Two warp and two weft threads, each over one and under the other. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect className="mark-cloth" width="24" height="24" rx="6" />
      <g fill="none" strokeLinecap="round">
        <path className="mark-warp" strokeWidth="3" d="M8.3 4v16M15.7 4v16" />
        <path className="mark-gap" strokeWidth="5" strokeLinecap="butt" d="M12.7 8.3h6M5.3 15.7h6" />
        <path className="mark-weft" strokeWidth="3" d="M4 8.3h16M4 15.7h16" />
        <path className="mark-gap" strokeWidth="5" strokeLinecap="butt" d="M8.3 5.6v5.4M15.7 13v5.4" />
        <path className="mark-warp" strokeWidth="3" strokeLinecap="butt" d="M8.3 5v6.5M15.7 12.5v6" />
      </g>
    </svg>
  );
}

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const SearchIcon = () => <Icon><circle cx="7" cy="7" r="4.25" /><path d="m10.2 10.2 3.3 3.3" /></Icon>;
export const LockIcon = () => <Icon><rect x="3" y="7" width="10" height="6.5" rx="1.5" /><path d="M5.25 7V5a2.75 2.75 0 0 1 5.5 0v2" /></Icon>;
export const CheckIcon = () => <Icon><path d="m3.5 8.5 3 3 6-7" /></Icon>;
export const CrossIcon = () => <Icon><path d="m4 4 8 8M12 4l-8 8" /></Icon>;
export const UnknownIcon = () => <Icon><path d="M4 8h8" /></Icon>;
export const CopyIcon = () => <Icon><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M10.5 5.5V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5" /></Icon>;
export const ProductIcon = () => <Icon><path d="m8 2 5.5 3v6L8 14l-5.5-3V5z" /><path d="m2.7 5.1 5.3 3 5.3-3M8 8v6" /></Icon>;
export const TableIcon = () => <Icon><rect x="2.5" y="3" width="11" height="10" rx="1.5" /><path d="M2.5 6.5h11M6.5 6.5V13" /></Icon>;
export const ColumnIcon = () => <Icon><rect x="5.5" y="2.5" width="5" height="11" rx="1.2" /><path d="M2.5 4v8M13.5 4v8" /></Icon>;
export const DownIcon = () => <Icon><path d="m4.5 6.5 3.5 3.5 3.5-3.5" /></Icon>;
export const BackIcon = () => <Icon><path d="M9.5 4 5.5 8l4 4" /></Icon>;
export const NextIcon = () => <Icon><path d="m6.5 4 4 4-4 4" /></Icon>;
export const MaskIcon = () => <Icon><path d="M2 8s2.2-4 6-4c1 0 1.9.3 2.7.7M13 6.3C13.7 7.2 14 8 14 8s-2.2 4-6 4c-1 0-1.9-.3-2.7-.7M3 13 13 3" /></Icon>;
export const PlugIcon = () => <Icon><path d="M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14" /></Icon>;
export const KeyIcon = () => <Icon><circle cx="5.5" cy="10.5" r="3" /><path d="m7.7 8.3 5.3-5.3M11 5l1.8 1.8" /></Icon>;
