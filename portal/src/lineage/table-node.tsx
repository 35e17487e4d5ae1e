// A table in the graph: its kind, its name, its columns; both the table and each column can be chosen.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { LineageNode } from "../api.ts";
import { plainLabel } from "./label.ts";
import { WHOLE, WIDTH } from "./layout.ts";
import { columnId, type Chosen, type Traced } from "./trace.ts";

export interface TableData extends Record<string, unknown> {
  of: LineageNode; shown: string[]; open: boolean; traced: Traced | null; chosen: Chosen | null;
  choose: (chosen: Chosen | null) => void; unfold: (id: string) => void;
}
export type TableFlowNode = Node<TableData, "table">;

export function TableNode({ data }: NodeProps<TableFlowNode>) {
  const { of, shown, open, traced, chosen, choose, unfold } = data;
  const state = traced === null ? "" : traced.nodes.has(of.id) ? " node-lit" : " node-dim";
  const whole = chosen?.node === of.id && chosen.column === null;
  const more = of.columns.length - shown.length;
  return (
    <div className={`node node-${of.kind}${state}${whole ? " node-chosen" : ""}`} style={{ width: WIDTH }}>
      <Handle type="target" id={WHOLE} position={Position.Left} isConnectable={false} />
      <button type="button" className="node-head nodrag" aria-pressed={whole} onClick={() => choose(whole ? null : { node: of.id, column: null })}>
        <span className="node-kind"><i aria-hidden="true" />{of.kind}</span>
        <span className="node-label">{plainLabel(of)}</span>
      </button>
      {shown.length > 0 && (
        <ul>{shown.map((name) => <li key={name}><ColumnButton node={of.id} name={name} traced={traced} chosen={chosen} choose={choose} /></li>)}</ul>
      )}
      {(open || more > 0) && <button type="button" className="node-more nodrag" aria-expanded={open} onClick={() => unfold(of.id)}>{open ? "fewer" : `${more} more`}</button>}
      <Handle type="source" id={WHOLE} position={Position.Right} isConnectable={false} />
    </div>
  );
}

interface Chosable { node: string; name: string; traced: Traced | null; chosen: Chosen | null; choose: (chosen: Chosen | null) => void }

function ColumnButton({ node, name, traced, chosen, choose }: Chosable) {
  const now = chosen?.node === node && chosen.column === name;
  const lit = traced?.columns.has(columnId(node, name)) ?? false;
  return (
    <>
      <Handle type="target" id={name} position={Position.Left} isConnectable={false} />
      <button type="button" className={lit ? "node-column node-column-lit nodrag" : "node-column nodrag"} aria-pressed={now} onClick={() => choose(now ? null : { node, column: name })}>
        {name}
      </button>
      <Handle type="source" id={name} position={Position.Right} isConnectable={false} />
    </>
  );
}
