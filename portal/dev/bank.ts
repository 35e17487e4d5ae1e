// A small bank for development: its people, products, and payments that keep coming, some of them bad.
import type { Batch, Column, Contract, Person, Product, Quarantined, Row, Run } from "../src/api.ts";

export const people: (Person & { key: string })[] = [
  { id: "ana", name: "Ana Moreira", roles: ["payments-team"], key: "weft_ana" },
  { id: "finn", name: "Finn Lindqvist", roles: ["fraud-team"], key: "weft_finn" },
  { id: "lia", name: "Lia Osei", roles: ["analytics-team"], key: "weft_lia" },
  { id: "noor", name: "Noor Haddad", roles: ["customers-team", "analytics-team"], key: "weft_noor" },
  { id: "otto", name: "Otto Brandt", roles: [], key: "weft_otto" },
];

const column = (name: string, kind: string, required: boolean, classification: Column["classification"], description: string, fields: Column[] = []): Column =>
  ({ name, kind, required, classification, description, fields, mask: "none" });

export const paymentColumns: Column[] = [
  column("payment_id", "string", true, "internal", "Unique payment identifier"),
  column("customer_id", "integer", true, "confidential", "Customer identifier"),
  column("amount", "decimal", true, "confidential", "Payment amount"),
  column("currency", "string", true, "public", "ISO 4217 currency code"),
  column("status", "string", true, "internal", "Payment status"),
  column("payment_method", "object", false, "restricted", "", [
    column("type", "string", false, "internal", ""),
    column("last_four", "string", false, "restricted", "Last digits of the card"),
  ]),
  column("created_at", "timestamp", true, "internal", "Payment creation timestamp"),
  column("updated_at", "timestamp", false, "internal", "Last update timestamp"),
];
const totalsColumns: Column[] = [
  column("day", "date", false, "internal", "The day of the payments"),
  column("currency", "string", false, "public", "ISO 4217 currency code"),
  column("payments", "integer", false, "internal", "How many were completed"),
  column("total", "decimal", false, "confidential", "Sum of their amounts"),
];
const customerColumns: Column[] = [
  column("customer_id", "integer", true, "confidential", "Customer identifier"),
  column("full_name", "string", true, "restricted", "Name as on the passport"),
  column("email", "string", false, "restricted", "Where statements are sent"),
  column("country", "string", true, "internal", "ISO 3166 country of residence"),
  column("segment", "string", true, "internal", "Retail, premium or business"),
  column("since", "date", true, "internal", "Day of the first contract"),
];
const alertColumns: Column[] = [
  column("alert_id", "string", true, "internal", "Unique alert identifier"),
  column("payment_id", "string", true, "internal", "The payment it is about"),
  column("score", "number", true, "confidential", "Probability of fraud, 0 to 1"),
  column("rule", "string", true, "confidential", "Rule that fired"),
  column("raised_at", "timestamp", true, "internal", "When it was raised"),
];

const sentences: Record<string, string[]> = {
  payment: [
    "Each payment has payment_id, customer_id, amount, currency, status and created_at.",
    "payment_id is a UUID; amount is at least 0 with two decimals.",
    "currency is three capital letters; status is one of PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED.",
    "A payment can be read within 1 s of its arrival.",
    "No row lacks a required value; 99.999 % of rows keep the contract.",
  ],
  customer: ["Each customer has customer_id, full_name, country, segment and since.", "country is two capital letters.", "A change can be read within 5 s of its arrival."],
  alert: ["Each alert has alert_id, payment_id, score, rule and raised_at.", "score is between 0 and 1.", "An alert can be read within 1 s of its arrival."],
};

function schemaOf(title: string, columns: Column[]): unknown {
  const type: Record<string, object> = { integer: { type: "integer", minimum: 1 }, decimal: { type: "number", minimum: 0, multipleOf: 0.01 }, timestamp: { type: "string", format: "date-time" }, object: { type: "object" } };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title,
    type: "object",
    required: columns.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(columns.map(({ name, kind, description, classification }) => [name, { ...(type[kind] ?? { type: "string" }), description, classification }])),
  };
}

const contract = (table: string, columns: Column[], freshness: number): Contract => ({
  name: `${table}-schema`, version: "1.0.0", path: `schemas/${table}-schema.json`, schema: schemaOf(table, columns),
  quality: { freshness, completeness: 1, accuracy: 0.99999 }, promise: sentences[table] ?? [],
});

const silver = (name: string, key: string, columns: Column[], source: string): Product["tables"][0] =>
  ({ name, layer: "silver", key: [key], contract: `${name}-schema`, source, sql: null, columns, rows: 0, version: 18, position: "0" });

const plain = { version: "1.0.0", unserved: [], inferred: [], endpoints: [], upstream: [], downstream: [], may: [] } satisfies Partial<Product>;

export const products: Product[] = [
  {
    ...plain,
    name: "payments-data-product", domain: "payments", owner: "payments-team@banking.com", file: "domains/payments/payments-data-product.yaml",
    description: "Every payment of the bank, checked as it arrives and readable within a second.",
    tables: [
      silver("payment", "payment_id", paymentColumns, "mysql.payments"),
      { name: "daily_totals", layer: "gold", key: ["day", "currency"], contract: null, source: null, columns: totalsColumns, rows: 0, version: 4, position: "0",
        sql: "SELECT CAST(created_at AS DATE) AS day, currency,\n       COUNT(*) AS payments, SUM(amount) AS total\nFROM payment\nWHERE status = 'COMPLETED'\nGROUP BY 1, 2" },
    ],
    contracts: [contract("payment", paymentColumns, 1)],
    access: [
      { role: "payments-team", permissions: ["read", "write", "admin"], rows: null, purpose: null },
      { role: "fraud-team", permissions: ["read"], rows: "status <> 'CANCELLED'", purpose: "fraud" },
      { role: "analytics-team", permissions: ["read"], rows: null, purpose: null },
    ],
    endpoints: [
      { path: "/payments/{payment_id}", table: "payment", operation: "get" },
      { path: "/payments/{payment_id}/status", table: "payment", operation: "field" },
      { path: "/payments/search", table: "payment", operation: "search" },
    ],
    sources: [
      { name: "mysql", kind: "mysql", objects: ["payments", "payment_methods", "payment_transactions"], connected: false, hint: "not connected: set spec.sources.mysql.url" },
      { name: "inbox", kind: "files", objects: ["inbox/payment/*.ndjson"], connected: true, hint: null },
    ],
    upstream: [{ name: "customer-service", kind: "api" }, { name: "account-service", kind: "database" }],
    downstream: [{ name: "fraud-detection-service", kind: "kafka" }, { name: "analytics-platform", kind: "api" }],
    unserved: [
      { path: "spec.apis.kafka.topics", what: "Kafka topics payments.created and two more", meanwhile: "read the same rows over REST, or poll with Weft-Position" },
      { path: "spec.apis.graphql", what: "GraphQL", meanwhile: "POST /payments/search takes filters, order and pages" },
    ],
    inferred: [
      { path: "spec.tables[0].key", value: ["payment_id"], because: "the path parameter of /payments/{payment_id}", line: "key: [payment_id]" },
      { path: "spec.tables[0].name", value: "payment", because: "the contract payment-schema without -schema", line: "name: payment" },
      { path: "spec.tables[0].history", value: "latest", because: "nothing else is said", line: "history: latest" },
    ],
  },
  {
    ...plain,
    name: "customers-data-product", domain: "customers", owner: "customers-team@banking.com", file: "domains/customers/customers-data-product.yaml",
    description: "Who the bank's customers are, with their names and addresses under mask.",
    tables: [silver("customer", "customer_id", customerColumns, "postgres.customers")],
    contracts: [contract("customer", customerColumns, 5)],
    access: [{ role: "customers-team", permissions: ["read", "write", "admin"], rows: null, purpose: null }, { role: "fraud-team", permissions: ["read"], rows: null, purpose: "fraud" }],
    sources: [{ name: "postgres", kind: "postgres", objects: ["public.customers"], connected: false, hint: "not connected: set spec.sources.postgres.url" }],
  },
  {
    ...plain,
    name: "fraud-data-product", domain: "fraud", owner: "fraud-team@banking.com", file: "domains/fraud/fraud-data-product.yaml",
    description: "Alerts on payments that look wrong, scored as the payments arrive.",
    tables: [silver("alert", "alert_id", alertColumns, "payments-data-product")],
    contracts: [contract("alert", alertColumns, 1)],
    access: [{ role: "fraud-team", permissions: ["read", "write", "admin"], rows: null, purpose: null }],
    sources: [],
    upstream: [{ name: "payments-data-product", kind: "product" }],
  },
];

export interface State { rows: Row[]; bad: Quarantined[]; history: Batch[]; runs: Run[]; received: number; last: string; fresh: number; perSecond: number }
export const states = new Map<string, State>();

let seed = 20_261;
function chance(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
}
const pick = <T>(of: readonly T[]): T => of[Math.floor(chance() * of.length)] as T;
const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(chance() * 16).toString(16)).join("");
export const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;

const NAMES = ["Amara Diallo", "Jonas Weber", "Mei Tanaka", "Lucía Fernández", "Piotr Nowak", "Sara Haugen", "Idris Khan", "Chloé Martin"];

const makers: Record<string, (at: string) => Row> = {
  payment: (at) => ({
    payment_id: uuid(), customer_id: 1000 + Math.floor(chance() * 9000), amount: Math.round(chance() * 250_000) / 100, currency: pick(["EUR", "EUR", "GBP", "USD", "SEK"]),
    status: pick(["PENDING", "PROCESSING", "COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "CANCELLED"]),
    ...(chance() > 0.2 ? { payment_method: { type: pick(["CARD", "ACH", "WIRE"]), last_four: String(1000 + Math.floor(chance() * 9000)) } } : {}),
    created_at: at, ...(chance() > 0.5 ? { updated_at: at } : {}),
  }),
  customer: () => {
    const name = pick(NAMES);
    return { customer_id: 1000 + Math.floor(chance() * 9000), full_name: name, email: `${name.split(" ")[0]?.toLowerCase()}@example.com`, country: pick(["DE", "FR", "PT", "SE", "PL"]), segment: pick(["retail", "premium", "business"]), since: `20${10 + Math.floor(chance() * 15)}-0${1 + Math.floor(chance() * 9)}-12` };
  },
  alert: (at) => ({ alert_id: uuid(), payment_id: uuid(), score: Math.round(chance() * 1000) / 1000, rule: pick(["velocity", "new device", "unusual country"]), raised_at: at }),
};

function spoiled(table: string, row: Row): [Row, Quarantined["defects"]] {
  if (table === "payment" && chance() < 0.4) return [{ ...row, amount: -12.5 }, [{ rule: "minimum", path: "/amount", message: "-12.5 is less than the minimum of 0" }]];
  if (table === "payment" && chance() < 0.6) return [{ ...row, currency: "euro", status: "DONE" }, [{ rule: "pattern", path: "/currency", message: "\"euro\" does not match ^[A-Z]{3}$" }, { rule: "enum", path: "/status", message: "\"DONE\" is not one of PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED" }]];
  const [first = "id"] = Object.keys(row);
  const { [first]: _gone, ...rest } = row;
  return [rest, [{ rule: "required", path: "", message: `${first} is a required property` }]];
}

function batch(table: string, state: State, size: number, when: Date): void {
  const at = when.toISOString().replace(/\.\d+/, "");
  let bad = 0;
  for (let index = 0; index < size; index += 1) {
    const row = (makers[table] as (at: string) => Row)(at);
    state.received += 1;
    if (chance() > 0.03) { state.rows.unshift(row); continue; }
    bad += 1;
    const [broken, defects] = spoiled(table, row);
    const [{ rule, path, message }] = defects as [Quarantined["defects"][0]];
    state.bad.unshift({ event_id: `01JD${hex(12)}`.toUpperCase(), position: state.received, row: 0, time: when.toISOString(), rule, path, message, defects, raw: JSON.stringify(broken), source: "http", file: null, offset: null });
  }
  state.rows.length = Math.min(state.rows.length, 4_000);
  state.last = when.toISOString();
  state.fresh = 0.08 + chance() * 0.3;
  state.perSecond = size;
  state.history.push({ time: when.toISOString(), rows: size, good: size - bad, bad, freshness: state.fresh, completeness: bad ? 1 - bad / size / 8 : 1, accuracy: (size - bad) / size });
  state.history.splice(0, state.history.length - 120);
  state.runs.unshift({ id: hex(8), kind: "refine", table, started: when.toISOString(), seconds: 0.02 + chance() * 0.1, received: size, good: size - bad, bad, status: "ok", note: null });
  state.runs.length = Math.min(state.runs.length, 100);
}

const RATE: Record<string, number> = { payment: 12, customer: 2, alert: 1 };

export function grow(): void {
  for (const [table, state] of states) batch(table, state, 1 + Math.floor(chance() * (RATE[table] ?? 1)), new Date());
}

for (const table of Object.keys(makers)) {
  const state: State = { rows: [], bad: [], history: [], runs: [], received: 0, last: "", fresh: 0, perSecond: 0 };
  states.set(table, state);
  for (let back = 90; back > 0; back -= 1) batch(table, state, 1 + Math.floor(chance() * (RATE[table] ?? 1) * 2), new Date(Date.now() - back * 1000));
  state.runs.splice(4, 0, { id: hex(8), kind: "model", table: "daily_totals", started: state.last, seconds: 0.41, received: 0, good: 14, bad: 0, status: "ok", note: "rebuilt from payment version 17" });
  state.runs.splice(9, 0, { id: hex(8), kind: "bulk", table, started: state.last, seconds: 1.4, received: 0, good: 0, bad: 0, status: "failed", note: "inbox/payment/late.ndjson: file ended inside a line; it will be read again when it is whole" });
}
