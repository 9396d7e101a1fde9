import { Type, type Static } from '@sinclair/typebox';

/** The norms whose balls have a direction of steepest ascent. */
export const ConvexNorm = Type.Unsafe<'Linf' | 'L2' | 'L1'>({
  type: 'string',
  enum: ['Linf', 'L2', 'L1'],
  default: 'Linf',
  description:
    'How the size of a change is measured: its largest value, its Euclidean length, or the sum of its sizes.',
});

export type ConvexNorm = Static<typeof ConvexNorm>;

/** `L0` counts the values that changed; it is no norm, and called one everywhere. */
export type Norm = ConvexNorm | 'L0';

const { abs, max, sqrt } = Math;

/** The sizes of one change, in the units of the data; `l0` counts the values that changed. */
export interface Norms {
  readonly l0: number;
  readonly l1: number;
  readonly l2: number;
  readonly linf: number;
}

/** The sizes of `changed - original`, in double precision. A NaN anywhere makes all but `l0` NaN. */
export function normsOf(original: Float32Array, changed: Float32Array): Norms {
  let l0 = 0;
  let l1 = 0;
  let squares = 0;
  let linf = 0;
  for (let i = 0; i < original.length; i++) {
    const size = abs((changed[i] ?? NaN) - (original[i] ?? NaN));
    if (size !== 0) l0++;
    l1 += size;
    squares += size * size;
    linf = max(linf, size);
  }
  return { l0, l1, l2: sqrt(squares), linf };
}

export function sizeIn(norm: Norm, norms: Norms): number {
  switch (norm) {
    case 'Linf':
      return norms.linf;
    case 'L2':
      return norms.l2;
    case 'L1':
      return norms.l1;
    case 'L0':
      return norms.l0;
  }
}
