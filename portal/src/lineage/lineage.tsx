// The lineage of a product's tables: from its sources to those who use it, by table and by column.
import { useQuery } from "@tanstack/react-query";
import { Background, BackgroundVariant, Controls, ReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, type Lineage, type LineageEdge, type Product } from "../api.ts";
import { Loading, Nothing, Trouble } from "../ui/states.tsx";
import { flowEdges } from "./edges.ts";
import { fullLabel } from "./label.ts";
import { layout, shownColumns, WIDTH } from "./layout.ts";
import { type TableData, type TableFlowNode, TableNode } from "./table-node.tsx";
import { type Chosen, edgeId, trace, type Traced } from "./trace.ts";
import { fit, useWidth } from "./view.ts";
import "@xyflow/react/dist/base.css";
import "../styles/lineage.css";

const NODE_TYPES = { table: TableNode };

export default function LineageTab({ product }: { product: Product }) {
  const lineage = useQuery({ queryKey: ["lineage", product.name], queryFn: () => api.lineage(product.name), staleTime: 30_000 });
  if (lineage.isPending) return <Loading what="Reading the lineage" tall />;
  if (lineage.isError) return <section className="card"><Trouble error={lineage.error} retry={lineage.refetch} forbidden="Its lineage is not open to you" /></section>;
  if (lineage.data.nodes.length === 0) return <section className="card"><Nothing title="Nothing flows here yet" /></section>;
  return <Graph lineage={lineage.data} />;
}

function useFlow(lineage: Lineage, chosen: Chosen | null, choose: TableData["choose"]) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const unfold = useCallback((id: string) => setOpen((now) => new Set(now.has(id) ? [...now].filter((each) => each !== id) : [...now, id])), []);
  const traced = useMemo(() => (chosen ? trace(lineage, chosen) : null), [lineage, chosen]);
  const shown = useMemo(() => shownColumns(lineage, open), [lineage, open]);
  const placed = useMemo(() => layout(lineage, shown, open), [lineage, shown, open]);
  const nodes = placed.map(({ node, x, y, height }): TableFlowNode => ({
    id: node.id,
    type: "table",
    position: { x, y },
    width: WIDTH,
    height,
    focusable: false,
    style: { pointerEvents: "all" },
    data: { of: node, shown: shown.get(node.id) ?? [], open: open.has(node.id), traced, chosen, choose, unfold },
  }));
  return { placed, nodes, edges: flowEdges(lineage, traced, chosen !== null && chosen.column !== null, shown), traced };
}

function Graph({ lineage }: { lineage: Lineage }) {
  const [chosen, choose] = useState<Chosen | null>(null);
  const { placed, nodes, edges, traced } = useFlow(lineage, chosen, choose);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const view = useMemo(() => fit(placed, width), [placed, width]);
  const [flow, setFlow] = useState<ReactFlowInstance<TableFlowNode> | null>(null);
  useEffect(() => void flow?.setViewport(view), [flow, view]);
  return (
    <section className="card lineage" aria-label="Lineage">
      <div className="lineage-graph" ref={box} style={{ height: view.height }}>
        {width > 0 && (
          <ReactFlow nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} onInit={setFlow} defaultViewport={view} minZoom={0.2} maxZoom={1.6}
            nodesDraggable={false} nodesConnectable={false} elementsSelectable={false} zoomOnScroll={false} preventScrolling={false}
            onPaneClick={() => choose(null)} disableKeyboardA11y>
            <Background variant={BackgroundVariant.Dots} gap={18} size={1} color="var(--seam)" />
            <Controls showInteractive={false} orientation="horizontal" />
          </ReactFlow>
        )}
      </div>
      <Explained lineage={lineage} chosen={chosen} traced={traced} />
    </section>
  );
}

/** The chosen path in words, which is also how it is read aloud. */
function Explained({ lineage, chosen, traced }: { lineage: Lineage; chosen: Chosen | null; traced: Traced | null }) {
  if (chosen === null || traced === null) {
    return <p className="lineage-foot quiet" role="status">Choose a table or a column to see where it comes from and what hangs on it.</p>;
  }
  const names = new Map(lineage.nodes.map((node) => [node.id, fullLabel(node)]));
  const name = (id: string) => names.get(id) ?? id;
  const passed = lineage.edges.filter((edge) => traced.edges.has(edgeId(edge)));
  const kept = (edge: LineageEdge) =>
    edge.columns.filter(({ from, to }) => chosen.column === null || (traced.columns.has(`${edge.from}#${from}`) && traced.columns.has(`${edge.to}#${to}`)));
  return (
    <div className="lineage-foot" role="status">
      <h2>{chosen.column ? <><code>{chosen.column}</code> of {name(chosen.node)}</> : name(chosen.node)}</h2>
      {passed.length === 0 && <p className="quiet">Nothing is known to feed it or to hang on it.</p>}
      <ul>
        {passed.map((edge) => (
          <li key={edgeId(edge)}>
            <b>{name(edge.from)}</b> → <b>{name(edge.to)}</b>
            <span className="quiet">{kept(edge).map(({ from, to }) => (from === to ? from : `${from} → ${to}`)).join(", ")}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
