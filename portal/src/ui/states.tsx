// What a place says when there is nothing to show: it loads, it is empty, it is forbidden, it broke.
import type { ReactNode } from "react";
import { Problem } from "../http.ts";
import { LockIcon } from "./icons.tsx";

type Level = 1 | 2 | 3;

function Heading({ level, children }: { level: Level; children: ReactNode }) {
  const Tag = `h${level}` as const;
  return <Tag className="state-title">{children}</Tag>;
}

export function Loading({ what, tall = false }: { what: string; tall?: boolean }) {
  return (
    <div className={tall ? "state state-tall" : "state"} role="status">
      <span className="loom" aria-hidden="true"><i /><i /><i /></span>
      <p>{what}…</p>
    </div>
  );
}

export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => <i key={line} />)}
    </div>
  );
}

export function Nothing({ title, children, level = 3 }: { title: string; children?: ReactNode; level?: Level }) {
  return (
    <div className="state">
      <Heading level={level}>{title}</Heading>
      {children && <div className="state-text">{children}</div>}
    </div>
  );
}

export function Forbidden({ title, detail, hint, level = 3 }: { title: string; detail?: string; hint?: string; level?: Level }) {
  return (
    <div className="state state-forbidden">
      <span className="state-sign"><LockIcon /></span>
      <Heading level={level}>{title}</Heading>
      {detail && <p className="state-text">{detail}</p>}
      {hint && <p className="state-hint">{hint}</p>}
    </div>
  );
}

interface Troubled { error: unknown; retry?: () => unknown; forbidden?: string; level?: Level }

/** Any failure, said with the mesh's own words: what happened, what to do next, and the trace to quote. */
export function Trouble({ error, retry, forbidden = "You may not see this", level = 3 }: Troubled) {
  const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
  if (problem.status === 403) return <Forbidden title={forbidden} detail={problem.detail} hint={problem.hint} level={level} />;
  return (
    <div className="state state-trouble" role="alert">
      <Heading level={level}>{problem.status === 404 ? "Not found" : problem.title || "That did not work"}</Heading>
      {problem.detail && problem.detail !== problem.title && <p className="state-text">{problem.detail}</p>}
      {problem.hint && <p className="state-hint">{problem.hint}</p>}
      {(problem.code || problem.trace) && (
        <p className="state-trace">{[problem.code, problem.trace && `trace ${problem.trace}`].filter(Boolean).join(" · ")}</p>
      )}
      {retry && <button type="button" className="button" onClick={() => void retry()}>Try again</button>}
    </div>
  );
}
