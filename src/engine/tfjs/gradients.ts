import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { sizeOf, type Tensor } from '#base/tensor';
import type { LossSpec } from '../contract.js';
import { samplesIn, type NamedTensors } from '../onnx/inputs.js';
import { enter } from './backend.js';
import { executions, givenValues } from './execution.js';
import { gradientAt, type Differentiated, type Leaf } from './gradient.js';
import type { Preparation } from './preparation.js';
import { floatsOf, scoped, type Value } from './value.js';

/** Gradients of all samples, on the host. */
export interface Gradients {
  readonly scores: Tensor;
  readonly loss: Float32Array;
  readonly gradient: Tensor;
  /** What stands at the leaf, where that is a value within the graph. */
  readonly activation: Tensor | null;
  /** False where the loss does not depend on the leaf; its gradient is 0 then. */
  readonly isReached: boolean;
}

/** @param weights that take the place of those of the file */
export function gradientsOf(
  preparation: Preparation,
  inputs: NamedTensors,
  leaf: Leaf,
  loss: LossSpec,
  weights: ReadonlyMap<string, Value> = NONE,
): Gradients {
  const name = preparation.backend.gradients;
  enter(name);
  const samples = samplesIn(inputs);
  const parts: Part[] = [];
  for (const { samples: own, start, used } of executions(preparation, inputs, name)) {
    const rows = samplesIn(own);
    parts.push(
      scoped(() => {
        const given = new Map([...givenValues(preparation, own), ...weights]);
        const range = { samples, start, end: start + used, rows };
        return partOf(gradientAt(preparation, given, leaf, loss, range), used, rows);
      }),
    );
  }
  const [first] = parts;
  const scoreShape = [samples, preparation.head.width];
  return {
    scores: joined(
      scoreShape,
      parts.map((part) => part.scores),
    ),
    loss: joined(
      [samples],
      parts.map((part) => part.loss),
    ).data,
    gradient: joined(
      [samples, ...(first?.place ?? [])],
      parts.map((part) => part.gradient),
    ),
    activation:
      first?.activation == null
        ? null
        : joined(
            [samples, ...first.place],
            parts.flatMap((part) => part.activation ?? []),
          ),
    isReached: parts.every((part) => part.isReached),
  };
}

const NONE: ReadonlyMap<string, Value> = new Map();

interface Part {
  readonly scores: Float32Array;
  readonly loss: Float32Array;
  readonly gradient: Float32Array;
  readonly activation: Float32Array | null;
  readonly place: readonly number[];
  readonly isReached: boolean;
}

/** The first rows of one execution: those that are not there to fill it up. */
function partOf({ scores, loss, gradients, leaf }: Differentiated, used: number, rows: number): Part {
  const [gradient = null] = gradients;
  const firstOf = (tensor: TfTensor): Float32Array => {
    const data = floatsOf(tensor);
    return data.subarray(0, (data.length / rows) * used);
  };
  const place = (gradient ?? leaf)?.shape.slice(1) ?? [];
  return {
    scores: firstOf(scores),
    loss: firstOf(loss),
    gradient: gradient === null ? new Float32Array(used * sizeOf(place)) : firstOf(gradient),
    activation: leaf === null ? null : firstOf(leaf),
    place,
    isReached: gradient !== null,
  };
}

function joined(shape: readonly number[], parts: readonly Float32Array[]): Tensor {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return { shape, data: only };
  const data = new Float32Array(sizeOf(shape));
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return { shape, data };
}
