import { AssayError } from '#base/errors';
import { intOf } from './graph/attributes.js';
import { numbersOf } from './graph/constants.js';
import { describeNode } from './graph/describe.js';
import type { Graph, Node } from './graph/ir.js';

/**
 * A model that was exported while it was trained is not the one that is used: what a sample gives depends on its neighbours in the
 * batch, or on chance.
 *
 * @throws AssayError `model` that names the node
 */
export function requireEvaluationMode(graph: Graph, where: string): void {
  for (const node of graph.nodes) {
    const because = whyTraining(node, graph);
    if (because === null) continue;
    throw new AssayError('model', {
      where,
      what: `${describeNode(node)} is in training mode: ${because}`,
      mend: 'Export the model as it is used, in PyTorch behind `model.eval()`.',
    });
  }
}

function whyTraining(node: Node, graph: Graph): string | null {
  if (node.domain !== '') return null;
  if (node.op === 'BatchNormalization' && normalizesByBatch(node))
    return 'it normalizes each sample by its whole batch';
  if (node.op === 'Dropout' && drops(node, graph)) return 'it draws what it drops';
  return null;
}

/** From opset 14 on an attribute says so, before it the outputs that only training has. */
function normalizesByBatch(node: Node): boolean {
  return intOf(node, 'training_mode', 0) === 1 || node.outputs.slice(1).some((name) => name !== '');
}

/** The third input, from opset 12 on. */
function drops({ inputs: [, , mode = ''] }: Node, { constants }: Graph): boolean {
  const known = constants.get(mode);
  return known !== undefined && numbersOf(known)[0] === 1;
}
