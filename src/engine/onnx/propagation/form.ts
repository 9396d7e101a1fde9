import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { EngineSpec, Layer, LrpComposite, LrpRule, Normalization, Propagation } from '../../contract.js';
import type { ElementType, ValueInfo } from '../graph/ir.js';
import type { NamedTensors } from '../inputs.js';
import { isReal, type FileModel } from '../model.js';

/** A propagation without its numbers: what a graph is compiled for. */
export type PropagationForm =
  | { readonly kind: 'guided-backpropagation' }
  | { readonly kind: 'deconvolution' }
  | { readonly kind: 'deep-lift' }
  | { readonly kind: 'path' }
  | { readonly kind: 'lrp'; readonly composite: LrpComposite };

export function propagationForm(propagation: Propagation): PropagationForm {
  const { kind } = propagation;
  if (kind !== 'lrp') return { kind };
  for (const { rule } of propagation.composite) requireRule(rule);
  return { kind, composite: propagation.composite };
}

/** Whether names of layers have to be known. */
export function namesLayers(form: PropagationForm): boolean {
  return form.kind === 'lrp' && form.composite.some(({ at }) => typeof at !== 'string');
}

/** The inputs that take baselines, and how far each sample is on the way from its own. */
export const BASELINES = 'assay/baselines';
export const SHARES = 'assay/shares';

/** Whether a propagation starts at the input as the model normalized it, and gives what has no unit but that of the score. */
export function startsNormalized({ kind }: Pick<PropagationForm, 'kind'>): boolean {
  return kind !== 'guided-backpropagation' && kind !== 'deconvolution';
}

/** The inputs that the graph of a propagation has beside those of the model. @param shape of the input that is explained */
export function inputsBeside(
  { kind }: Pick<PropagationForm, 'kind'>,
  type: ElementType,
  shape: ValueInfo['shape'],
): readonly ValueInfo[] {
  if (kind !== 'deep-lift' && kind !== 'path') return [];
  const baselines = { name: BASELINES, type, shape } as const;
  if (kind === 'deep-lift') return [baselines];
  return [baselines, { name: SHARES, type: 'float32', shape: shape?.slice(0, 1) ?? null }];
}

/**
 * What these inputs are given, but for the scale of the baselines.
 *
 * @throws AssayError `usage` where there is not one baseline, and one share, a sample
 */
export function givenBeside(propagation: Propagation, inputs: Tensor | undefined): NamedTensors {
  if (propagation.kind !== 'deep-lift' && propagation.kind !== 'path') return new Map();
  const { baselines } = propagation;
  if (baselines.shape.join() !== inputs?.shape.join()) {
    throw new AssayError('usage', {
      what: `the baselines of ${WORDS[propagation.kind]} are [${baselines.shape.join(', ')}], and the inputs [${inputs?.shape.join(', ') ?? ''}]`,
    });
  }
  if (propagation.kind === 'deep-lift') return new Map([[BASELINES, baselines]]);
  const { shares } = propagation;
  if (shares.length !== baselines.shape[0]) {
    throw new AssayError('usage', {
      what: `there are ${shares.length} shares of the way, and ${baselines.shape[0] ?? 0} samples`,
    });
  }
  return new Map([
    [BASELINES, baselines],
    [SHARES, { shape: [shares.length], data: Float32Array.from(shares) }],
  ]);
}

const WORDS = { 'deep-lift': 'DeepLIFT', path: 'a way' } as const;

/** What a propagation is told of the model beside its graph. */
export interface PropagationPlace {
  /** The input of the graph. */
  readonly input: string;
  /** The value whose relevance is asked for: the input as the model normalized it, or what the embedding gives. */
  readonly at: string;
  /** [n, width] logits or values. */
  readonly scores: string;
  readonly layers: readonly Layer[];
  /** The units of the data, and the axes of a batch; null where tokens are embedded. */
  readonly units: { readonly normalization: Normalization; readonly rank: number } | null;
}

/** Of a model whose input is of real numbers. */
export function unitsOf({ input }: FileModel, { normalization }: EngineSpec): PropagationPlace['units'] {
  return isReal(input) ? { normalization, rank: input.shape?.length ?? 1 } : null;
}

function requireRule(rule: LrpRule): void {
  const problem = problemOf(rule);
  if (problem !== null) throw new AssayError('usage', { what: `the LRP rule \`${rule.kind}\` ${problem}` });
}

function problemOf(rule: LrpRule): string | null {
  switch (rule.kind) {
    case 'epsilon':
      return rule.epsilon >= 0 ? null : `takes an epsilon of 0 or more, and it is ${rule.epsilon}`;
    case 'gamma':
      return rule.gamma >= 0 ? null : `takes a gamma of 0 or more, and it is ${rule.gamma}`;
    case 'alpha-beta': {
      const { alpha, beta } = rule;
      if (beta >= 0 && Math.abs(alpha - beta - 1) < 1e-9) return null;
      return `takes alpha - beta = 1 with beta of 0 or more, and they are ${alpha} and ${beta}`;
    }
    case 'z-b':
      return rule.low < rule.high ? null : `takes low < high, and they are ${rule.low} and ${rule.high}`;
    default:
      return null;
  }
}
