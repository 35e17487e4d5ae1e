// One way to ask the mesh a question: JSON in, JSON out, and every failure as a `Problem` with its hint.

/** RFC 9457, as a Weft node answers it; status 0 means that the node did not answer at all. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
  readonly trace: string;

  constructor(status: number, body: Partial<Record<"title" | "detail" | "code" | "hint" | "trace", string>>) {
    super(body.detail || body.title || `status ${status}`);
    this.status = status;
    this.title = body.title ?? "";
    this.detail = body.detail ?? "";
    this.code = body.code ?? "";
    this.hint = body.hint ?? "";
    this.trace = body.trace ?? "";
  }
}

type ReviverContext = { source?: string };

/** Money keeps its digits: a number that JavaScript would change stays the text that was sent. */
function exactly(this: unknown, _key: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => ({}));
  return new Problem(response.status, { title: response.statusText, ...(body as object) });
}

async function answer(path: string, init?: RequestInit): Promise<string> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch {
    throw new Problem(0, { title: "No answer", detail: "The mesh does not answer.", hint: "Is it still running? Start it with: weft up" });
  }
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? "null" : response.text();
}

export async function ask<T>(path: string): Promise<T> {
  return JSON.parse(await answer(path)) as T;
}

export async function askExact<T>(path: string): Promise<T> {
  return JSON.parse(await answer(path), exactly as never) as T;
}

/** Changes carry a header that a foreign page cannot set, which is what protects the cookie. */
export async function send<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { "X-Weft-Portal": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = await answer(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return JSON.parse(text, exactly as never) as T;
}
