/**
 * Cases at a point without a derivative, where the gradient is one that was agreed on, and cases that central differences
 * cannot decide.
 */
export interface NonSmoothCases {
  readonly family: string;
  readonly names: RegExp;
  readonly reason: string;
}

export const NON_SMOOTH_CASES: readonly NonSmoothCases[] = [
  { family: 'elementwise', names: /^relu\/zero-has-gradient-zero$/, reason: 'inputs at the kink of ReLU' },
  {
    family: 'elementwise',
    names: /^clip\/(bounds-pass-the-gradient|value-at-its-bound)$/,
    reason: 'inputs at the bounds of Clip',
  },
  { family: 'elementwise', names: /\/kinks$/, reason: 'inputs at kinks' },
  { family: 'elementwise', names: /^(max|min)\/ties-/, reason: 'equal operands' },
  { family: 'elementwise', names: /\/at-its-jumps$/, reason: 'inputs where a step function jumps' },
  { family: 'elementwise', names: /\/beside\//, reason: 'inputs nearer to a pole or to the edge than any step' },
  {
    family: 'indexing',
    names: /^grid-sample\/linear\/border\/at-the-edges$/,
    reason: 'samples at the outermost pixels',
  },
  { family: 'pooling', names: /^max-pool\/ties-go-to-the-first\//, reason: 'several maxima in one window' },
  { family: 'pooling', names: /^global-max-pool\/ties-go-to-the-first\//, reason: 'several maxima in one channel' },
  { family: 'reduction', names: /^reduce-(max|min)\/ties-share-evenly\//, reason: 'several extrema in one row' },
  { family: 'reduction', names: /^top-k\/ties-go-to-the-first$/, reason: 'equal values on both sides of the cut' },
  { family: 'normalization', names: /^lp-normalization\/p-\d\/zero-vector$/, reason: 'a vector without direction' },
  { family: 'quantization', names: /^fake-quantize\/(?!u?int16)/, reason: 'rounding, taken for the identity' },
];
