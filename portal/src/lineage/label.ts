// What a node is called: its name once, its kind beside it.
import type { LineageNode } from "../api.ts";

/** `payment bronze` of kind bronze is the table payment; the kind stands above it. */
export function plainLabel({ label, kind }: LineageNode): string {
  return label.endsWith(` ${kind}`) ? label.slice(0, -kind.length - 1) : label;
}

export function fullLabel(node: LineageNode): string {
  return `${plainLabel(node)} (${node.kind})`;
}
