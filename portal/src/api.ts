// The HTTP API of a Weft node as the portal consumes it: its types, and one function a question.
import { ask, askExact, send } from "./http.ts";

export type Classification = "public" | "internal" | "confidential" | "restricted";
export type Mask = "none" | "hide" | "redact" | "partial" | "hash";
export type Permission = "read" | "write" | "admin";
export type Health = "ok" | "broken" | "unknown";
export type Kept = "met" | "unmet" | "unknown";

export interface Person { id: string; name: string; roles: string[] }
export interface Session { principal: Person | null; sign_in: "keys" | "demo"; users?: Person[] }

export interface Mesh { name: string; environment: string; version: string; durability: string; products: number; domains: string[] }

export interface Card {
  name: string; domain: string; version: string; owner: string; description: string; tables: string[];
  classification: Classification; may: Permission[]; health: Health;
  received: number; quarantined: number; freshness_seconds: number | null;
}

export interface Hit {
  kind: "product" | "table" | "column"; product: string; table: string | null; column: string | null;
  label: string; description: string; owner: string;
}

export interface Column {
  name: string; kind: string; required: boolean; classification: Classification;
  description: string; fields?: Column[]; mask: Mask;
}
export interface Table {
  name: string; layer: "silver" | "gold"; key: string[]; contract: string | null; source: string | null; sql: string | null;
  columns: Column[]; rows: number | null; version: number | null; position: string | null;
}
export interface Promised { freshness: number | null; completeness: number | null; accuracy: number | null }
export interface Contract { name: string; version: string; path: string; schema: unknown; quality: Promised; promise: string[] }
export interface Product {
  name: string; domain: string; version: string; owner: string; description: string; file: string;
  tables: Table[]; contracts: Contract[];
  access: { role: string; permissions: Permission[]; rows: string | null; purpose: string | null }[];
  endpoints: { path: string; table: string; operation: string }[];
  sources: { name: string; kind: string; objects: string[]; connected: boolean; hint: string | null }[];
  upstream: { name: string; kind: string }[]; downstream: { name: string; kind: string }[];
  unserved: { path: string; what: string; meanwhile: string }[];
  inferred: { path: string; value: unknown; because: string; line: string | number | null }[];
  may: Permission[];
}

export interface LiveTable {
  name: string; layer: string; position: string; table_position: string; rows: number | null; received: number; quarantined: number;
  last_received: string | null; freshness_seconds: number | null; per_second: number;
}
export interface Live { time: string; tables: LiveTable[] }

export interface Measure {
  name: "freshness" | "completeness" | "accuracy"; promised: number | null; measured: number | null; state: Kept; unit: "seconds" | "share";
}
export interface Batch {
  time: string; rows: number; good: number; bad: number; freshness: number | null; completeness: number | null; accuracy: number | null;
}
export interface Quality { contract: string; table: string; state: Kept; measures: Measure[]; history: Batch[] }

export type NodeKind = "source" | "bronze" | "silver" | "gold" | "quarantine" | "product" | "consumer";
export interface LineageNode { id: string; kind: NodeKind; label: string; product: string | null; table: string | null; columns: string[] }
export interface LineageEdge { from: string; to: string; kind: "flow" | "declared"; columns: { from: string; to: string }[] }
export interface Lineage { nodes: LineageNode[]; edges: LineageEdge[] }

export interface Step { kind: "answer" | "silver" | "bronze" | "log" | "request"; label: string; detail: Record<string, string> }
export interface Trail { product: string; table: string; key: string; steps: Step[] }

export interface Defect { rule: string; path: string; message: string }
export interface Quarantined extends Defect {
  event_id: string; position: string | number; row: number; time: string; defects: Defect[]; raw: string;
  source: string | null; file: string | null; offset: number | null;
}
export interface Run {
  id: string; kind: "refine" | "bulk" | "model"; table: string; started: string; seconds: number;
  received: number; good: number; bad: number; status: "ok" | "failed"; note: string | null;
}
export interface Decision {
  sequence: number; time: string; principal: string; action: string; product: string; table: string | null;
  allowed: boolean; reason: string; trace: string;
}
export interface Page<T> { items: T[]; page: number; size: number; total: number }
export type Row = Record<string, unknown>;
export interface Answer { columns: { name: string; type: string }[]; rows: unknown[][]; seconds: number }
export interface Filter { column: string; how: "" | "gt" | "gte" | "lt" | "lte" | "ne"; value: string }
export interface Slice { page: number; size: number; sort: string; filters: Filter[] }

const product = (name: string, rest = "") => `/api/v1/products/${encodeURIComponent(name)}${rest}`;

export function sliceQuery({ page, size, sort, filters }: Slice): string {
  const query = new URLSearchParams({ page: String(page), size: String(size) });
  if (sort) query.set("sort", sort);
  for (const { column, how, value } of filters) query.append(how ? `${column}__${how}` : column, value);
  return query.toString();
}

export const api = {
  session: () => ask<Session>("/api/v1/session"),
  signInAs: (user: string) => send<Session>("POST", "/api/v1/session", { user }),
  signInWith: (key: string) => send<Session>("POST", "/api/v1/session", { key }),
  signOut: () => send<void>("DELETE", "/api/v1/session"),
  mesh: () => ask<Mesh>("/api/v1/mesh"),
  products: () => ask<{ items: Card[]; total: number }>("/api/v1/products"),
  search: (text: string) => ask<{ items: Hit[] }>(`/api/v1/search?q=${encodeURIComponent(text)}`),
  product: (name: string) => ask<Product>(product(name)),
  live: (name: string) => ask<Live>(product(name, "/live")),
  quality: (name: string) => ask<{ items: Quality[] }>(product(name, "/quality")),
  lineage: (name: string) => ask<Lineage>(product(name, "/lineage")),
  trail: (name: string, table: string, key: string) =>
    ask<Trail>(product(name, `/lineage/${encodeURIComponent(key)}?table=${encodeURIComponent(table)}`)),
  quarantine: (name: string, table: string, page: number, size: number) =>
    ask<Page<Quarantined>>(product(name, `/quarantine/${encodeURIComponent(table)}?page=${page}&size=${size}`)),
  runs: (name: string) => ask<{ items: Run[] }>(product(name, "/runs")),
  audit: (name: string, page: number, size: number) =>
    ask<Page<Decision>>(`/api/v1/audit?product=${encodeURIComponent(name)}&page=${page}&size=${size}`),
  rows: (name: string, table: string, slice: Slice) =>
    askExact<Page<Row>>(product(name, `/${encodeURIComponent(table)}?${sliceQuery(slice)}`)),
  query: (sql: string, limit: number) => send<Answer>("POST", "/api/v1/query", { sql, limit }),
};
