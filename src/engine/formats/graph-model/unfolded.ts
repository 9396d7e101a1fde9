import type { TensorValue } from './value.js';

/**
 * Applies what works on each place of an image by itself to a value and to what it was before `SpaceToBatchND`, where
 * nothing has to be padded any more.
 */
export function alsoUnfolded(value: TensorValue, apply: (value: TensorValue) => TensorValue): TensorValue {
  const { unfolded } = value;
  if (unfolded === undefined || unfolded.pads.flat().some((pad) => pad !== 0)) return apply(value);
  // First, so that it has the name of the node: most often the other one is never asked for.
  const source = apply(unfolded.source);
  return { ...apply(value), unfolded: { ...unfolded, source } };
}
