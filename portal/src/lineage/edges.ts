// The lines of the graph: between tables, and between columns once a column is chosen.
import { type Edge, MarkerType } from "@xyflow/react";
import type { Lineage, LineageEdge } from "../api.ts";
import { WHOLE } from "./layout.ts";
import { columnId, edgeId, type Traced } from "./trace.ts";

const arrow = (color: string) => ({ type: MarkerType.ArrowClosed, width: 14, height: 14, color });

function tableEdge(edge: LineageEdge, traced: Traced | null, byColumn: boolean): Edge {
  const lit = !byColumn && (traced?.edges.has(edgeId(edge)) ?? false);
  return {
    id: edgeId(edge),
    source: edge.from,
    target: edge.to,
    sourceHandle: WHOLE,
    targetHandle: WHOLE,
    className: `edge-${edge.kind}${traced === null ? "" : lit ? " edge-lit" : " edge-dim"}`,
    markerEnd: arrow(lit ? "var(--indigo)" : "var(--edge)"),
    focusable: false,
  };
}

export function flowEdges(lineage: Lineage, traced: Traced | null, byColumn: boolean, shown: Map<string, string[]>): Edge[] {
  const tables = lineage.edges.map((edge) => tableEdge(edge, traced, byColumn));
  if (traced === null || !byColumn) return tables;
  const seen = new Set([...shown].flatMap(([node, columns]) => columns.map((name) => columnId(node, name))));
  return [...tables, ...lineage.edges.flatMap((edge) => columnEdges(edge, traced, seen))];
}

/** From column to column; a column that is folded away is met at its table. */
function columnEdges(edge: LineageEdge, { columns }: Traced, seen: ReadonlySet<string>): Edge[] {
  return edge.columns
    .filter(({ from, to }) => columns.has(columnId(edge.from, from)) && columns.has(columnId(edge.to, to)))
    .map(({ from, to }) => ({
      id: `${columnId(edge.from, from)}→${columnId(edge.to, to)}`,
      source: edge.from,
      target: edge.to,
      sourceHandle: seen.has(columnId(edge.from, from)) ? from : WHOLE,
      targetHandle: seen.has(columnId(edge.to, to)) ? to : WHOLE,
      className: "edge-lit",
      markerEnd: arrow("var(--indigo)"),
      focusable: false,
    }));
}
