import { AssayError } from '#base/errors';
import type { Graph } from '../graph/ir.js';
import { dependentsOf } from '../graph/walk.js';
import { gelu } from '../passes/gelu.js';
import { prune } from '../passes/prune.js';
import { deepLiftGraph } from './deep-lift.js';
import type { Propagated } from './beside.js';
import type { PropagationForm, PropagationPlace } from './form.js';
import { withOtherRelus } from './guided.js';
import { lrpGraph } from './lrp/graph.js';
import { pathGraph } from './path.js';

export {
  BASELINES,
  givenBeside,
  inputsBeside,
  namesLayers,
  propagationForm,
  startsNormalized,
  unitsOf,
  type PropagationForm,
  type PropagationPlace,
} from './form.js';

/** A graph whose gradient is what a propagation gives. */
export interface PropagationGraph {
  readonly graph: Graph;
  /** Where its gradient is to be taken. */
  readonly at: string;
  /** The same values as those of the model. */
  readonly scores: string;
}

/**
 * Writes a graph anew, so that the gradient of a score at a value of it is what a propagation gives: engines need nothing but
 * derivatives. Of guided backpropagation and deconvolution that value is the place itself; of the others it is a carrier in its shape,
 * and the gradient is the contribution, or the relevance.
 *
 * @throws AssayError `operator` naming the first node on the way that has no rule
 */
export function propagationGraph(graph: Graph, place: PropagationPlace, form: PropagationForm): PropagationGraph {
  if (!dependentsOf(graph.nodes, [place.at]).has(place.scores)) {
    throw new AssayError('operator', { what: `the scores do not depend on \`${place.at}\`` });
  }
  if (form.kind === 'guided-backpropagation' || form.kind === 'deconvolution') {
    return { graph: withOtherRelus(graph, form.kind), at: place.at, scores: place.scores };
  }
  const whole = gelu(graph);
  const found = propagated(whole, place, form);
  const outputs = [{ name: found.scores, type: 'other', shape: null } as const];
  return { graph: prune(found.builder.build(outputs), [found.scores]), at: found.carrier, scores: found.scores };
}

function propagated(
  graph: Graph,
  place: PropagationPlace,
  form: Exclude<PropagationForm, { readonly kind: 'guided-backpropagation' | 'deconvolution' }>,
): Propagated {
  switch (form.kind) {
    case 'lrp':
      return lrpGraph(graph, place, form.composite);
    case 'path':
      return pathGraph(graph, place);
    default:
      return deepLiftGraph(graph, place);
  }
}
