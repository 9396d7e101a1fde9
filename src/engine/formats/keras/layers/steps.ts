import { int64Constant } from '../../../onnx/graph/constants.js';
import type { Layer } from '../lowering/layer.js';
import { span, type Size } from '../lowering/value.js';

/** The numbers of the steps from 0, float32 [steps]; `value` is [n, steps, ...]. */
export function stepNumbers({ graph }: Layer, value: string, steps: Size): string {
  if (steps !== null) return graph.cast(graph.constant(int64Constant([steps], span(0, steps))), 'float32');
  const zero = graph.constant(int64Constant([], [0]));
  const one = graph.constant(int64Constant([], [1]));
  const count = graph.node('Squeeze', [graph.node('Shape', [value], { start: 1, end: 2 })]);
  return graph.cast(graph.node('Range', [zero, count, one]), 'float32');
}

/** Sequences of which only some steps count, with those steps in front. */
export interface Compacted {
  /** [n, steps, features], the steps that count in the order in which they are taken, then zeros. */
  readonly sequence: string;
  /** How many count, int32 [n]. */
  readonly lengths: string;
  /**
   * Brings what was computed of each step that counts back to its place; a step that does not count gets what the one
   * taken before it got, or nothing.
   */
  readonly spread: (computed: string, isZeroWhereMasked: boolean) => string;
}

/**
 * A step that does not count leaves state and output of a recurrent layer as they are, wherever it stands. So the layer
 * steps through those that count alone: products with matrices of zeros and ones take them out and put them back.
 *
 * @param mask bool [n, steps]
 */
export function compacted(
  layer: Layer,
  sequence: string,
  mask: string,
  { steps, isBackwards }: { readonly steps: Size; readonly isBackwards: boolean },
): Compacted {
  const { graph } = layer;
  const counts = graph.cast(mask, 'float32');
  const one = graph.scalar(1);
  // [n, steps]: the place of each step among those that count, from 0.
  const running = graph.node('CumSum', [counts, graph.constant(int64Constant([], [1]))], {
    reverse: isBackwards ? 1 : 0,
  });
  const places = graph.node('Sub', [running, one]);
  const numbers = stepNumbers(layer, sequence, steps);
  const across = (value: string, axis: number): string => graph.node('Unsqueeze', [value, graph.integers([axis])]);
  const isAt = graph.cast(graph.node('Equal', [across(places, 1), across(numbers, 1)]), 'float32');
  const takes = graph.node('Mul', [isAt, across(counts, 1)]);
  return {
    sequence: graph.node('MatMul', [takes, sequence]),
    lengths: graph.cast(graph.reduceSum(counts, [1], false), 'int32'),
    spread: (computed, isZeroWhereMasked) => {
      const gives = graph.cast(graph.node('Equal', [across(places, 2), across(numbers, 0)]), 'float32');
      const used = isZeroWhereMasked ? graph.node('Mul', [gives, across(counts, 2)]) : gives;
      return graph.node('MatMul', [used, computed]);
    },
  };
}
