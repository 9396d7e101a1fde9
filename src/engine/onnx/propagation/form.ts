import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { EngineSpec, Layer, LrpComposite, LrpRule, Normalization, Propagation } from '../../contract.js';
import { isReal, type FileModel } from '../model.js';

/** A propagation without its numbers: what a graph is compiled for. */
export type PropagationForm =
  | { readonly kind: 'guided-backpropagation' | 'deconvolution' | 'deep-lift' }
  | { readonly kind: 'lrp'; readonly composite: LrpComposite };

export function propagationForm(propagation: Propagation): PropagationForm {
  if (propagation.kind !== 'lrp') return { kind: propagation.kind };
  for (const { rule } of propagation.composite) requireRule(rule);
  return { kind: 'lrp', composite: propagation.composite };
}

/** Whether names of layers have to be known. */
export function namesLayers(form: PropagationForm): boolean {
  return form.kind === 'lrp' && form.composite.some(({ at }) => typeof at !== 'string');
}

/** Baselines of a propagation that compares with some, one a sample. @throws AssayError `usage` where their shape is another */
export function baselinesOf(propagation: Propagation, inputs: Tensor | undefined): Tensor | null {
  if (propagation.kind !== 'deep-lift') return null;
  const { baselines } = propagation;
  if (baselines.shape.join() === inputs?.shape.join()) return baselines;
  throw new AssayError('usage', {
    what: `the baselines of DeepLIFT are [${baselines.shape.join(', ')}], and the inputs [${inputs?.shape.join(', ') ?? ''}]`,
  });
}

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
