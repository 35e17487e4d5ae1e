// What a table or a column hangs on, upstream and downstream.
import type { Lineage } from "../api.ts";

export interface Chosen { node: string; column: string | null }
export interface Traced { nodes: Set<string>; edges: Set<string>; columns: Set<string> }

export const edgeId = (edge: { from: string; to: string }) => `${edge.from}→${edge.to}`;
export const columnId = (node: string, column: string) => `${node}#${column}`;

interface Link { from: string; to: string; edge: string }

/** Everything reached from one end of the links, never turning round: its sources, or what it feeds, but not its siblings. */
function reach(start: string, links: Link[], side: "from" | "to"): { ends: Set<string>; edges: Set<string> } {
  const other = side === "from" ? "to" : "from";
  const ends = new Set([start]);
  const edges = new Set<string>();
  for (const end of ends) {
    for (const link of links.filter((each) => each[other] === end)) {
      ends.add(link[side]);
      edges.add(link.edge);
    }
  }
  return { ends, edges };
}

function both(start: string, links: Link[]) {
  const up = reach(start, links, "from");
  const down = reach(start, links, "to");
  return { ends: new Set([...up.ends, ...down.ends]), edges: new Set([...up.edges, ...down.edges]) };
}

export function trace({ edges }: Lineage, { node, column }: Chosen): Traced {
  if (column === null) {
    const { ends, edges: passed } = both(node, edges.map((edge) => ({ ...edge, edge: edgeId(edge) })));
    return { nodes: ends, edges: passed, columns: new Set() };
  }
  const links = edges.flatMap((edge) =>
    edge.columns.map(({ from, to }) => ({ from: columnId(edge.from, from), to: columnId(edge.to, to), edge: edgeId(edge) })),
  );
  const { ends, edges: passed } = both(columnId(node, column), links);
  return { nodes: new Set([...ends].map((end) => end.slice(0, end.lastIndexOf("#")))), edges: passed, columns: ends };
}
