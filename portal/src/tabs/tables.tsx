// Which table a tab speaks of: kept in the address, so that a link leads to it.
import type { Product, Table } from "../api.ts";
import { go, href, useRoute } from "../route.ts";
import { Layer } from "../ui/badges.tsx";
import { Choice } from "../ui/tabs.tsx";

export function useTable({ name, tables }: Product, tab: string): [Table | undefined, (table: string) => void] {
  const asked = useRoute().query.get("table");
  return [tables.find((table) => table.name === asked) ?? tables[0], (table) => go(href(["products", name, tab], { table }))];
}

export function TableChoice({ tables, chosen, choose }: { tables: Table[]; chosen: Table; choose: (table: string) => void }) {
  if (tables.length < 2) return <h2 className="only-table">{chosen.name} <Layer of={chosen.layer} /></h2>;
  return <Choice label="Table" chosen={chosen.name} choose={choose} of={tables.map(({ name, layer }) => ({ id: name, label: <>{name} <Layer of={layer} /></> }))} />;
}
