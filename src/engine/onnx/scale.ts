import { row, rowsOf, type Tensor } from '#base/tensor';
import type { OutputHead, OutputScale } from '../contract.js';
import type { Graph, Node } from './graph/ir.js';

/** Raw outputs of at least one sample, [n, width]. */
export interface RawOutputs {
  readonly width: number;
  readonly data: Float32Array;
}

const TOLERANCE = 1e-5;

/**
 * Tells logits from probabilities: by the operator that makes the output, and on data. Rows of a softmax lie in [0, 1]
 * and sum to 1 (AutoAttack's second flag, same tolerance).
 */
export function outputScale(head: OutputHead, graph: Graph, output: string, raw: RawOutputs): OutputScale {
  if (head === 'regression') return 'values';
  const activation = head === 'classes' ? 'Softmax' : 'Sigmoid';
  if (producerOf(graph, output)?.op === activation) return 'probabilities';
  const inRange = raw.data.every((value) => value > -TOLERANCE && value < 1 + TOLERANCE);
  if (!inRange) return 'logits';
  return head !== 'classes' || rowsSumToOne(raw) ? 'probabilities' : 'logits';
}

function rowsSumToOne({ width, data }: RawOutputs): boolean {
  for (let start = 0; start < data.length; start += width) {
    const sum = data.subarray(start, start + width).reduce((total, value) => total + value, 0);
    if (Math.abs(sum - 1) > TOLERANCE * Math.max(1, width / 100)) return false;
  }
  return true;
}

/** The smallest normal float32: what a probability of zero is taken for. */
const LEAST = 1.1754943508222875e-38;

/** Logits that give the same probabilities: log p under a softmax, log p / (1 - p) under a sigmoid. In place. */
export function logitsFromProbabilities(head: OutputHead, probabilities: Float32Array): Float32Array {
  const log = (p: number): number => Math.log(Math.max(p, LEAST));
  return head === 'classes' ? probabilities.map(log) : probabilities.map((p) => log(p) - log(1 - p));
}

/** Softmax over each row, or a sigmoid of each score. */
export function probabilitiesOf(head: OutputHead, scores: Tensor): Float32Array {
  if (head !== 'classes') return scores.data.map((score) => 1 / (1 + Math.exp(-score)));
  const probabilities = new Float32Array(scores.data.length);
  for (let i = 0; i < rowsOf(scores); i++) {
    const own = row(scores, i);
    const most = Math.max(...own);
    const exponentials = own.map((score) => Math.exp(score - most));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      exponentials.map((value) => value / total),
      i * own.length,
    );
  }
  return probabilities;
}

export function producerOf(graph: Graph, value: string): Node | undefined {
  return graph.nodes.find((node) => node.domain === '' && node.outputs[0] === value);
}

/** The value before the last activation, where that is what makes the probabilities. */
export function beforeActivation(graph: Graph, output: string): string | null {
  const node = producerOf(graph, output);
  return node?.op === 'Softmax' || node?.op === 'Sigmoid' ? (node.inputs[0] ?? null) : null;
}
