// Three ways to read the product, ready to paste: curl, Python, the command line.
import { useState } from "react";
import type { Product } from "../api.ts";
import { Code } from "../ui/copy.tsx";
import { TabPanel, Tabs } from "../ui/tabs.tsx";

/** `payment` may stand bare in SQL, `payments-data-product` may not. */
export function sqlName(...parts: string[]): string {
  return parts.map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join(".");
}

/** What stands between single quotes in a shell. */
const shell = (text: string) => text.replaceAll("'", `'\\''`);

function snippets({ name, tables, may }: Product): Record<string, string> {
  const table = tables[0]?.name ?? "table";
  const url = `${window.location.origin}/api/v1/products/${name}`;
  const write = may.includes("write")
    ? `\n\n# write: one JSON row per line, checked row by row\ncurl -H "X-API-Key: $WEFT_KEY" -H "Content-Type: application/x-ndjson" \\\n  --data-binary @${table}.ndjson \\\n  "${url}/ingest/${table}"`
    : "";
  return {
    curl: `# read\ncurl -H "X-API-Key: $WEFT_KEY" \\\n  "${url}/${table}?size=5"${write}`,
    python: `import json, os, urllib.request

request = urllib.request.Request(
    "${url}/${table}?size=5",
    headers={"X-API-Key": os.environ["WEFT_KEY"]},
)
with urllib.request.urlopen(request) as answer:
    rows = json.load(answer)["items"]`,
    cli: `weft query '${shell(`SELECT * FROM ${sqlName(name, table)} LIMIT 5`)}'\nweft product show ${name}`,
  };
}

const WAYS = [
  { id: "curl", label: "curl" },
  { id: "python", label: "Python" },
  { id: "cli", label: "CLI" },
];

export function Snippets({ product }: { product: Product }) {
  const [way, setWay] = useState("curl");
  return (
    <section className="card" aria-labelledby="use-title">
      <header className="card-head">
        <h2 id="use-title">Use it</h2>
        <Tabs small tabs={WAYS} chosen={way} choose={setWay} label="Language" panel="use" />
      </header>
      <TabPanel panel="use" chosen={way}><Code text={snippets(product)[way] ?? ""} label={`${way} snippet`} /></TabPanel>
    </section>
  );
}
