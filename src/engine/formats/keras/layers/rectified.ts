import { float, type GraphBuilder } from '../../../onnx/graph/builder.js';
import type { Value } from '../lowering/value.js';

export interface Rectifier {
  /** Below the threshold the value is slope (x - threshold). */
  readonly slope: number;
  /** Where it stops to grow; null where it never does. */
  readonly most: number | null;
  readonly threshold: number;
}

/** `relu` of Keras with all its arguments, as `activations.relu` of Keras 2 and 3 computes it. */
export function rectified(graph: GraphBuilder, value: Value, rectifier: Rectifier): Value {
  return { ...value, name: compute(graph, value.name, rectifier) };
}

function compute(graph: GraphBuilder, x: string, { slope, most, threshold }: Rectifier): string {
  if (threshold === 0 && most === null) {
    return slope === 0 ? graph.node('Relu', [x]) : graph.node('LeakyRelu', [x], { alpha: float(slope) });
  }
  const limit = (y: string, low: number): string =>
    most === null ? y : graph.node('Clip', [y, graph.scalar(low), graph.scalar(most)]);
  const positive = threshold === 0 ? limit(x, 0) : limit(above(graph, x, threshold), 0);
  if (slope === 0) return positive;
  const under = graph.node('Relu', [graph.node('Sub', [graph.scalar(threshold), x])]);
  return graph.node('Sub', [positive, graph.node('Mul', [under, graph.scalar(slope)])]);
}

/** x where it is larger than the threshold and 0 elsewhere. */
function above(graph: GraphBuilder, x: string, threshold: number): string {
  if (threshold > 0) return graph.node('ThresholdedRelu', [x], { alpha: float(threshold) });
  return graph.masked(x, graph.node('Greater', [x, graph.scalar(threshold)]));
}
