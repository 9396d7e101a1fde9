import type { Node } from '../graph/ir.js';

/** Lets every node read `to` where it read `from`. */
export function renameInputs(nodes: readonly Node[], from: string, to: string): Node[] {
  return nodes.map((node) =>
    node.inputs.includes(from) ? { ...node, inputs: node.inputs.map((input) => (input === from ? to : input)) } : node,
  );
}
