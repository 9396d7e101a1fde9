import { float32Of } from '../../onnx/graph/constants.js';
import type { Constant, Graph } from '../../onnx/graph/ir.js';
import type { Origins } from './origins.js';

/**
 * The weights of the file that training has changed, by their names in it and in its own form.
 *
 * @param trained the graph of the file with other constants
 */
export function trainedWeights(origins: Origins, trained: Graph): ReadonlyMap<string, Float32Array> {
  const changed = new Map<string, Float32Array>();
  const weightAt = finderOf(origins);
  for (const [name, before] of origins.graph.constants) {
    const after = trained.constants.get(name);
    if (after === undefined || before.type !== 'float32' || after.type !== 'float32' || sameBytes(before, after))
      continue;
    const values = float32Of(after);
    const places = origins.placesOf(name);
    for (let i = 0; i < values.length; i++) {
      const place = places[i] ?? 0;
      const weight = weightAt(place);
      if (weight === null) continue;
      const target = changed.get(weight.name) ?? weight.data.slice();
      changed.set(weight.name, target);
      target[place - weight.start] = values[i] ?? 0;
    }
  }
  return changed;
}

interface Weight {
  readonly name: string;
  readonly start: number;
  readonly data: Float32Array;
}

/** Neighbours come from one weight: that of the last place is looked at first. */
function finderOf({ weights, starts }: Origins): (place: number) => Weight | null {
  const all = [...weights].map(([name, data]) => ({ name, start: starts.get(name) ?? 0, data }));
  const holds = ({ start, data }: Weight, place: number): boolean => place >= start && place < start + data.length;
  let last: Weight | null = null;
  return (place) => {
    if (!Number.isInteger(place)) return null;
    if (last === null || !holds(last, place)) last = all.find((weight) => holds(weight, place)) ?? null;
    return last;
  };
}

/** The first constant that two graphs of the same nodes do not have alike, as the first one calls it; null where they agree. */
export function differingConstant(expected: Graph, found: Graph): string | null {
  if (expected.nodes.length !== found.nodes.length) return expected.nodes[0]?.name ?? '';
  for (const [i, { op, inputs }] of expected.nodes.entries()) {
    const other = found.nodes[i];
    for (const [j, name] of inputs.entries()) {
      const constant = expected.constants.get(name);
      const same = found.constants.get(other?.inputs[j] ?? '');
      const agree = constant === undefined ? same === undefined : same !== undefined && sameBytes(constant, same);
      if (!agree || other?.op !== op) return name;
    }
  }
  return null;
}

function sameBytes(a: Constant, b: Constant): boolean {
  return a.type === b.type && Buffer.compare(a.bytes, b.bytes) === 0;
}
