// A fake of the mesh's API for developing the portal without a mesh: it plays under `npm run dev` and `vite preview`, and is never in the build.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import type { Column, Lineage, Mask, Permission, Person, Product, Row, Session, Table } from "../src/api.ts";
import { grow, people, products, type State, states, uuid } from "./bank.ts";

class Refusal extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string, readonly hint = "", readonly code = "WEFT-3001") { super(detail); }
}

interface Call { method: string; path: string[]; query: URLSearchParams; body: Record<string, unknown>; who: Person | null; answer: ServerResponse }

const GRANTS = (who: Person, product: Product): Permission[] =>
  [...new Set(product.access.filter(({ role }) => who.roles.includes(role)).flatMap(({ permissions }) => permissions))];

function maskOf(who: Person, product: Product, column: Column): Mask {
  if (GRANTS(who, product).includes("admin") || column.classification === "public" || column.classification === "internal") return "none";
  if (column.classification === "restricted") return who.roles.includes("fraud-team") ? "partial" : column.fields?.length ? "redact" : "hide";
  return who.roles.includes("fraud-team") ? "none" : column.kind === "decimal" ? "redact" : "hash";
}

const masked = (who: Person, product: Product, columns: Column[]): Column[] =>
  columns.map((column) => ({ ...column, mask: maskOf(who, product, column), fields: masked(who, product, column.fields ?? []) }));

const MASKS: Record<Mask, (value: unknown) => unknown> = {
  none: (value) => value,
  hide: () => undefined,
  redact: () => "***",
  partial: (value) => (typeof value === "object" ? { ...(value as object), last_four: "**" + String((value as Row).last_four).slice(2) } : `${String(value).slice(0, 2)}…`),
  hash: (value) => `h:${Array.from(String(value)).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7).toString(16)}`,
};

function found(call: Call): { product: Product; who: Person } {
  const product = products.find(({ name }) => name === call.path[1]);
  if (!product || !call.who) throw new Refusal(404, "Not Found", `There is no product ${call.path[1]}.`, "List them with: weft product list", "WEFT-3404");
  return { product, who: call.who };
}

function allowed(call: Call, verb: Permission): { product: Product; who: Person } {
  const { product, who } = found(call);
  if (!GRANTS(who, product).includes(verb)) {
    throw new Refusal(403, "Forbidden", `None of your roles may ${verb} ${product.name}.`, `Ask ${product.owner} for ${verb} access.`, "WEFT-3403");
  }
  return { product, who };
}

const stateOf = (table: string) => states.get(table);

function totals(): Row[] {
  const sums = new Map<string, { day: string; currency: string; payments: number; total: number }>();
  for (const row of stateOf("payment")?.rows ?? []) {
    if (row.status !== "COMPLETED") continue;
    const day = String(row.created_at).slice(0, 10);
    const sum = sums.get(`${day}${row.currency}`) ?? { day, currency: String(row.currency), payments: 0, total: 0 };
    sums.set(`${day}${row.currency}`, { ...sum, payments: sum.payments + 1, total: Math.round((sum.total + Number(row.amount)) * 100) / 100 });
  }
  return [...sums.values()];
}

function rowsOf(table: Table): Row[] {
  return table.layer === "gold" ? totals() : (stateOf(table.name)?.rows ?? []);
}

const COMPARE: Record<string, (a: unknown, b: string) => boolean> = {
  "": (a, b) => String(a) === b, ne: (a, b) => String(a) !== b, gt: (a, b) => (Number.isNaN(Number(b)) ? String(a) > b : Number(a) > Number(b)),
  gte: (a, b) => Number(a) >= Number(b), lt: (a, b) => Number(a) < Number(b), lte: (a, b) => Number(a) <= Number(b),
};

function page<T>(items: T[], query: URLSearchParams) {
  const number = Number(query.get("page") ?? 1);
  const size = Number(query.get("size") ?? 20);
  return { items: items.slice((number - 1) * size, number * size), page: number, size, total: items.length };
}

function data(call: Call) {
  const { product, who } = allowed(call, "read");
  const table = product.tables.find(({ name }) => name === call.path[2]);
  if (!table) throw new Refusal(404, "Not Found", `${product.name} has no table ${call.path[2]}.`);
  let rows = rowsOf(table);
  for (const [name, value] of call.query) {
    if (["page", "size", "sort"].includes(name)) continue;
    const [column = "", how = ""] = name.split("__");
    const kind = table.columns.find((each) => each.name === column)?.kind;
    if (kind === "integer" && Number.isNaN(Number(value))) throw new Refusal(400, "Bad Request", `${column} is an integer, and ${value} is none.`, `Write it as a number: ${column}=42`, "WEFT-2107");
    rows = rows.filter((row) => COMPARE[how]?.(row[column], value));
  }
  const sort = call.query.get("sort");
  if (sort) rows = [...rows].sort((a, b) => ((a[sort.replace("-", "")] as number) > (b[sort.replace("-", "")] as number) ? 1 : -1) * (sort.startsWith("-") ? -1 : 1));
  const answer = page(rows, call.query);
  const columns = masked(who, product, table.columns);
  return { ...answer, items: answer.items.map((row) => Object.fromEntries(columns.flatMap(({ name, mask }) => (row[name] === undefined || mask === "hide" ? [] : [[name, MASKS[mask](row[name])]])))) };
}

function card(who: Person, product: Product) {
  const states = product.tables.flatMap(({ name }) => stateOf(name) ?? []);
  const all = product.tables.flatMap(({ columns }) => columns.flatMap((column) => [column, ...(column.fields ?? [])]));
  const rank = ["public", "internal", "confidential", "restricted"] as const;
  return {
    name: product.name, domain: product.domain, version: product.version, owner: product.owner, description: product.description,
    tables: product.tables.map(({ name }) => name), classification: rank[Math.max(...all.map(({ classification }) => rank.indexOf(classification)))], may: GRANTS(who, product),
    health: product.domain === "fraud" ? "unknown" : product.domain === "payments" ? "broken" : "ok", received: sum(states, ({ received }) => received), quarantined: sum(states, ({ bad }) => bad.length), freshness_seconds: states[0]?.fresh ?? null,
  };
}
const sum = (all: State[], of: (state: State) => number) => all.reduce((total, each) => total + of(each), 0);

function quality({ contracts, domain }: Product) {
  return {
    items: contracts.map(({ name, quality: promised }) => {
      const table = name.replace("-schema", "");
      const state = stateOf(table);
      const history = state?.history ?? [];
      const good = history.reduce((total, each) => total + each.good, 0) / Math.max(1, history.reduce((total, each) => total + each.rows, 0));
      const accuracy = domain === "customers" ? 1 : good;
      const unknown = domain === "fraud";
      const measure = (measured: number, key: keyof typed) => (unknown && key !== "freshness" ? null : measured);
      type typed = typeof promised;
      const judge = (kept: boolean, key: keyof typed) => (measure(1, key) === null ? "unknown" : kept ? "met" : "unmet");
      return {
        contract: name, table, history,
        state: unknown ? "unknown" : accuracy >= 0.99999 ? "met" : "unmet",
        measures: [
          { name: "freshness", promised: promised.freshness, measured: state?.fresh ?? null, state: "met", unit: "seconds" },
          { name: "completeness", promised: promised.completeness, measured: measure(1, "completeness"), state: judge(true, "completeness"), unit: "share" },
          { name: "accuracy", promised: promised.accuracy, measured: measure(accuracy, "accuracy"), state: judge(accuracy >= 0.99999, "accuracy"), unit: "share" },
        ],
      };
    }),
  };
}

function lineage(product: Product): Lineage {
  const nodes: Lineage["nodes"] = [];
  const edges: Lineage["edges"] = [];
  const add = (kind: Lineage["nodes"][0]["kind"], label: string, table: string | null, columns: string[]) => {
    const id = `${kind}:${label}`;
    nodes.push({ id, kind, label, product: product.name, table, columns });
    return id;
  };
  const same = (names: string[]) => names.map((name) => ({ from: name, to: name }));
  for (const { name, columns, layer } of product.tables) {
    if (layer === "gold") continue;
    const names = columns.map((each) => each.name);
    const bronze = add("bronze", name, name, names);
    const silver = add("silver", name, name, names);
    const quarantine = add("quarantine", name, name, []);
    edges.push({ from: bronze, to: silver, kind: "flow", columns: same(names) }, { from: bronze, to: quarantine, kind: "flow", columns: [] });
    for (const source of product.sources) edges.push({ from: add("source", source.name, null, []), to: bronze, kind: source.connected ? "flow" : "declared", columns: [] });
  }
  const first = `silver:${product.tables[0]?.name}`;
  let last = first;
  for (const { name, columns, layer } of product.tables) {
    if (layer !== "gold") continue;
    last = add("gold", name, name, columns.map((each) => each.name));
    edges.push({ from: first, to: last, kind: "flow", columns: [{ from: "created_at", to: "day" }, { from: "currency", to: "currency" }, { from: "payment_id", to: "payments" }, { from: "amount", to: "total" }] });
  }
  for (const { name, kind } of product.upstream) edges.push({ from: add(kind === "product" ? "product" : "source", name, null, []), to: `bronze:${product.tables[0]?.name}`, kind: "declared", columns: [] });
  for (const { name } of product.downstream) edges.push({ from: name.includes("analytics") ? last : first, to: add("consumer", name, null, []), kind: "declared", columns: [] });
  return { nodes, edges };
}

function trail(product: Product, key: string, table: string) {
  const row = stateOf(table)?.rows.find((each) => Object.values(each)[0] === key || String(Object.values(each)[0]) === key);
  if (!row) throw new Refusal(404, "Not Found", `There is no ${table} ${key} with a trail of its own.`, "Gold rows are sums of many: follow one of the rows beneath.");
  const event = `01JD${uuid().slice(0, 8).toUpperCase()}`;
  return {
    product: product.name, table, key,
    steps: [
      { kind: "answer", label: `GET /api/v1/products/${product.name}/${table}/${key.slice(0, 8)}…`, detail: { as_of_position: "1204", masks: "as your roles see it" } },
      { kind: "silver", label: `${table}, version 18`, detail: { position: "1198", row: "0", rule: "keep latest by key" } },
      { kind: "bronze", label: `${table}, version 31`, detail: { event_id: event, ingested: new Date().toISOString(), partition: "_ingestion_date=2026-11-21" } },
      { kind: "log", label: `${product.name}/${table}`, detail: { position: "1198", type: "row.received", contract: `${table}-schema@1.0.0`, verdict: "good" } },
      { kind: "request", label: "POST ingest by simulator", detail: { request: uuid(), trace: uuid().replaceAll("-", ""), principal: "simulator", source: "http" } },
    ],
  };
}

function search(text: string) {
  const items = products.flatMap((product) => [
    { kind: "product", product: product.name, table: null, column: null, label: product.name, description: product.description, owner: product.owner },
    ...product.tables.flatMap((table) => [
      { kind: "table", product: product.name, table: table.name, column: null, label: table.name, description: `${table.layer} table of ${product.name}`, owner: product.owner },
      ...table.columns.map((column) => ({ kind: "column", product: product.name, table: table.name, column: column.name, label: column.name, description: column.description, owner: product.owner })),
    ]),
  ]);
  return { items: items.filter(({ label, description }) => `${label} ${description}`.toLowerCase().includes(text.toLowerCase())).slice(0, 50) };
}

function query(call: Call) {
  const sql = String(call.body.sql);
  const name = /from\s+"?([\w-]+)"?\."?(\w+)"?/i.exec(sql);
  if (!name) throw new Refusal(400, "Bad Request", `Parser Error: syntax error at or near "${sql.trim().split(/\s/)[0]}"`, "Write one SELECT over product.table.", "WEFT-2301");
  const answer = data({ ...call, path: ["products", name[1] ?? "", name[2] ?? ""], query: new URLSearchParams({ size: "20" }) });
  const names = Object.keys(answer.items[0] ?? {});
  return { columns: names.map((each) => ({ name: each, type: each === "amount" ? "DECIMAL(18,2)" : "VARCHAR" })), rows: answer.items.map((row) => names.map((each) => row[each])), seconds: 0.018 };
}

const session = (who: Person | null): Session => ({ principal: who, sign_in: "demo", users: people.map(({ id, name, roles }) => ({ id, name, roles })) });

function signIn({ body, answer }: Call): Session {
  const who = people.find(({ id, key }) => id === body.user || key === body.key);
  if (!who) throw new Refusal(401, "Unauthorized", "This key is not known here.", "Make one with: weft access key create", "WEFT-3401");
  answer.setHeader("Set-Cookie", `weft_session=${who.id}; HttpOnly; SameSite=Strict; Path=/`);
  return session({ id: who.id, name: who.name, roles: who.roles });
}

function live(product: Product) {
  const tables = product.tables.map((table) => {
    const state = stateOf(table.name) ?? (stateOf("payment") as State);
    const gold = table.layer === "gold";
    return { name: table.name, layer: table.layer, position: "1204", table_position: "1198", rows: rowsOf(table).length, received: gold ? 0 : state.received, quarantined: gold ? 0 : state.bad.length, last_received: state.last, freshness_seconds: gold ? 4.2 : state.fresh, per_second: gold ? 0 : state.perSecond };
  });
  return { time: new Date().toISOString(), tables };
}

function audit(call: Call) {
  const name = call.query.get("product") ?? "";
  allowed({ ...call, path: ["products", name] }, "admin");
  const items = Array.from({ length: 64 }, (_, at) => {
    const who = people[at % people.length] as Person;
    return { sequence: 900 - at, time: new Date(Date.now() - at * 7_000).toISOString(), principal: who.id, action: at % 7 === 3 ? "quarantine" : "read", product: name, table: "payment", allowed: at % 5 !== 4, reason: at % 5 === 4 ? "no role grants read" : `role ${who.roles[0]} grants read`, trace: uuid() };
  });
  return page(items, call.query);
}

function productAnswer(call: Call): unknown {
  const [, , view, rest] = call.path;
  const { product, who } = found(call);
  if (view === undefined) return { ...product, may: GRANTS(who, product), tables: product.tables.map((table) => ({ ...table, columns: masked(who, product, table.columns) })) };
  if (view === "live") return live(product);
  if (view === "quality") return quality(product);
  if (view === "lineage" && rest !== undefined) return allowed(call, "read") && trail(product, rest, call.query.get("table") ?? "");
  if (view === "lineage") return lineage(product);
  if (view === "quarantine") return allowed(call, "write") && page(stateOf(rest ?? "")?.bad ?? [], call.query);
  if (view === "runs") return { items: (stateOf(product.tables[0]?.name ?? "")?.runs ?? []).slice(0, 100) };
  return data(call);
}

function answerOf(call: Call): unknown {
  const [view] = call.path;
  if (view === "session") return call.method === "POST" ? signIn(call) : call.method === "DELETE" ? call.answer.setHeader("Set-Cookie", "weft_session=; Max-Age=0; Path=/") && null : session(call.who);
  if (!call.who) throw new Refusal(401, "Unauthorized", "Nobody is signed in.", "Sign in at /");
  if (view === "mesh") return { name: "bank", environment: "demo", version: "0.1.0", durability: "fsync", products: products.length, domains: ["payments", "customers", "fraud"] };
  if (view === "search") return search(call.query.get("q") ?? "");
  if (view === "query") return query(call);
  if (view === "audit") return audit(call);
  if (view === "products" && call.path.length === 1) return { items: products.map((product) => card(call.who as Person, product)), total: products.length };
  return productAnswer(call);
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const part of request) text += String(part);
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const play: Connect.NextHandleFunction = (request, answer, next) => {
  const url = new URL(request.url ?? "/", "http://fake");
  if (!url.pathname.startsWith("/api/v1/")) {
    if (process.env.WEFT_FAKE_POLICY) answer.setHeader("Content-Security-Policy", POLICY);
    return next();
  }
  void (async () => {
    const cookie = /weft_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
    const known = people.find(({ id }) => id === cookie);
    const who = known ? { id: known.id, name: known.name, roles: known.roles } : null;
    const call: Call = { method: request.method ?? "GET", path: url.pathname.slice(8).split("/").map(decodeURIComponent), query: url.searchParams, body: await bodyOf(request), who, answer };
    try {
      const body = answerOf(call);
      answer.statusCode = body === null ? 204 : 200;
      answer.setHeader("Content-Type", "application/json");
      answer.end(body === null ? "" : JSON.stringify(body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer.statusCode = error.status;
      answer.setHeader("Content-Type", "application/problem+json");
      answer.end(JSON.stringify({ type: "about:blank", title: error.title, status: error.status, detail: error.detail, hint: error.hint, code: error.code, trace: uuid().slice(0, 8) }));
    }
  })();
};

export function fake(): Plugin {
  const start = (middlewares: Connect.Server) => {
    if (process.env.WEFT_URL) return;
    middlewares.use(play);
    setInterval(grow, 1_000).unref();
  };
  return {
    name: "fake-mesh",
    configureServer: (server) => start(server.middlewares),
    configurePreviewServer: (server) => start(server.middlewares),
  };
}
