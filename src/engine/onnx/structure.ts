import { AssayError } from '#base/errors';
import { embeddingOf } from './graph/embedding.js';
import type { Graph } from './graph/ir.js';
import { structureOf, type Structure } from './graph/structure.js';
import { isReal, type FileModel } from './model.js';
import { inlineFunctions } from './passes/inlining/functions.js';

/** What can be seen of a file, within its own functions too. */
export function structureOfFile({ graph, input, output }: FileModel): Structure {
  const whole = inlined(graph);
  const from = isReal(input) ? input.name : (embeddingOf(whole, input.name)?.value ?? input.name);
  return structureOf(whole, from, output);
}

/** Functions that cannot be inlined stay closed: such a graph has no gradients, and the engine says why. */
function inlined(graph: Graph): Graph {
  try {
    return inlineFunctions(graph);
  } catch (thrown) {
    if (thrown instanceof AssayError) return graph;
    throw thrown;
  }
}
