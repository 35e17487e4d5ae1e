// Layers from source to consumer: each node one layer right of its furthest source, ordered so that few edges cross.
import type { Lineage, LineageNode } from "../api.ts";

export interface Placed { node: LineageNode; x: number; y: number; height: number }

export const WIDTH = 178;
const HEAD = 44;
const LINE = 28;
const GAP_X = 50;
const GAP_Y = 22;
const ROOMY = 8;
const CLOSE = 4;

/** Where the lines of a whole table meet it; no column is called so. */
export const WHOLE = "#";

/** The columns in sight of each node; where there are many tables each shows fewer, until it is unfolded. */
export function shownColumns({ nodes }: Lineage, open: ReadonlySet<string>): Map<string, string[]> {
  const most = nodes.filter(({ columns }) => columns.length > 0).length > 2 ? CLOSE : ROOMY;
  const folded = (node: LineageNode) => !open.has(node.id) && node.columns.length > most + 1;
  return new Map(nodes.map((node) => [node.id, folded(node) ? node.columns.slice(0, most) : node.columns]));
}

export function heightOf(node: LineageNode, shown: string[], open: boolean): number {
  if (node.columns.length === 0) return HEAD;
  const toggle = open || shown.length < node.columns.length;
  return HEAD + (shown.length + (toggle ? 1 : 0)) * LINE + 8;
}

/** The longest way to each node; what lies on a cycle stays where it was first reached. */
function layers({ nodes, edges }: Lineage): Map<string, number> {
  const sources = new Map(nodes.map(({ id }) => [id, edges.filter(({ to }) => to === id).map(({ from }) => from)]));
  const layer = new Map<string, number>();
  const visit = (id: string, above: Set<string>): number => {
    const known = layer.get(id);
    if (known !== undefined) return known;
    if (above.has(id)) return 0;
    const from = (sources.get(id) ?? []).map((source) => visit(source, new Set([...above, id])) + 1);
    const depth = Math.max(0, ...from);
    layer.set(id, depth);
    return depth;
  };
  for (const { id } of nodes) visit(id, new Set());
  return layer;
}

/** Two sweeps of the barycentre rule: a node stands at the mean height of those that feed it. */
function ordered(columns: string[][], lineage: Lineage): string[][] {
  const rank = new Map<string, number>();
  const note = (ids: string[]) => ids.forEach((id, index) => rank.set(id, index - (ids.length - 1) / 2));
  columns.forEach(note);
  const mean = (id: string, side: "from" | "to") => {
    const other = side === "from" ? "to" : "from";
    const near = lineage.edges.filter((edge) => edge[other] === id).map((edge) => rank.get(edge[side]) ?? 0);
    return near.length ? near.reduce((sum, each) => sum + each, 0) / near.length : (rank.get(id) ?? 0);
  };
  const sweep = (side: "from" | "to") => (ids: string[]) => {
    const place = new Map(ids.map((id) => [id, mean(id, side)]));
    ids.sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    note(ids);
  };
  for (let round = 0; round < 3; round += 1) {
    columns.forEach(sweep("from"));
    [...columns].reverse().forEach(sweep("to"));
  }
  return columns;
}

export function layout(lineage: Lineage, shown: Map<string, string[]>, open: ReadonlySet<string>): Placed[] {
  const layer = layers(lineage);
  const columns: string[][] = Array.from({ length: Math.max(0, ...layer.values()) + 1 }, () => []);
  for (const { id } of lineage.nodes) columns[layer.get(id) ?? 0]?.push(id);
  const byId = new Map(lineage.nodes.map((node) => [node.id, node]));
  return ordered(columns, lineage).flatMap((ids, index) => {
    const nodes = ids.flatMap((id) => byId.get(id) ?? []);
    const heights = nodes.map((node) => heightOf(node, shown.get(node.id) ?? [], open.has(node.id)));
    let y = -(heights.reduce((sum, height) => sum + height + GAP_Y, -GAP_Y) / 2);
    return nodes.map((node, at) => {
      const height = heights[at] ?? HEAD;
      const placed = { node, x: index * (WIDTH + GAP_X), y, height };
      y += height + GAP_Y;
      return placed;
    });
  });
}
