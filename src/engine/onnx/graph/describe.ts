import type { Node } from './ir.js';

/** How sentences name a node: by its name, or by what it gives when it has none. */
export function describeNode(node: Pick<Node, 'op' | 'domain' | 'name' | 'outputs'>): string {
  const operator = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  if (node.name !== '') return `node \`${node.name}\` (${operator})`;
  const output = node.outputs.find((name) => name !== '');
  return output === undefined
    ? `a node without name or outputs (${operator})`
    : `the ${operator} node of \`${output}\``;
}
