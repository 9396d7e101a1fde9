import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { Attribution, ExplainContext } from '#plugin/explainer';
import type { TargetFacts } from '#plugin/plugin';
import { isContinuous, type ContinuousDomain, type TextDomain } from '#target/domain';
import { isDifferentiable, isLayered, type DifferentiableTarget, type LayeredTarget } from '#target/target';
import { baselineOf } from '../explained-score.js';
import { requireAbsentToken } from '../features/absence.js';
import { meanBackground } from '../features/background.js';
import { tokenFeatures } from '../features/tokens.js';
import type { Attributions } from '../methods/attributions.js';
import type { PathAttributions } from '../methods/integrated-gradients.js';

/** Null where a target has one score to go back from, otherwise the sentence that says why not. */
export function scoreTrouble({ head }: TargetFacts): string | null {
  return head.kind === 'sequence' ? 'A sequence has no one score to explain.' : null;
}

/** Null where gradients can be taken at inputs near the sample, otherwise the sentence that says why not. */
export function valueTrouble(facts: TargetFacts): string | null {
  if (isContinuous(facts.domain)) return scoreTrouble(facts);
  return 'It needs gradients at other inputs near the sample, and between two tokens there is none.';
}

export function gradientTarget({ target }: Pick<ExplainContext<unknown>, 'target'>): DifferentiableTarget {
  if (isDifferentiable(target)) return target;
  throw new AssayError('plugin', { what: 'it needs a target with gradients' });
}

export function layeredTarget({ target }: Pick<ExplainContext<unknown>, 'target'>): LayeredTarget {
  if (isLayered(target)) return target;
  throw new AssayError('plugin', { what: 'it needs a target whose layers can be seen' });
}

/** @throws AssayError `plugin` for tokens */
export function continuousDomain({ target: { domain } }: Pick<ExplainContext<unknown>, 'target'>): ContinuousDomain {
  if (isContinuous(domain)) return domain;
  throw new AssayError('plugin', { what: 'it needs real-valued inputs' });
}

export const baselineOptions = {
  baseline: Type.Optional(
    Type.Union([Type.Number(), Type.Literal('mean'), Type.Literal('background')], {
      description:
        'The input that stands for absence: one value, in the units of the data; `mean`, that of each channel as the domain declares it; or ' +
        '`background`, the mean of real inputs. Default: the low end of the range of pictures, the background of tables. Of texts it is always ' +
        'the mask token in the place of each token, or padding where there is none.',
    }),
  ),
};

export interface Baseline {
  /** [1, ...shape] */
  readonly inputs: Tensor;
  /** In words, as the end of `the baseline is ...`. */
  readonly words: string;
}

/** Inputs of the background of which the mean is taken. */
const MEAN_OF = 256;

/** @throws AssayError `usage` for a value outside of the domain, or any of a text, `data` where there is no background */
export async function chosenBaseline(
  context: ExplainContext<{ readonly baseline?: number | 'mean' | 'background' }>,
): Promise<Baseline> {
  if (context.target.domain.kind === 'text') return hiddenText(context, context.target.domain);
  const domain = continuousDomain(context);
  const [low, high] = domain.range;
  const choice = context.options.baseline ?? (domain.kind === 'image' ? low : 'background');
  if (choice === 'background') {
    const { mean, words } = await meanBackground(context.background, context.random, MEAN_OF);
    return { inputs: mean, words };
  }
  if (choice !== 'mean' && !(choice >= low && choice <= high)) {
    throw new AssayError('usage', {
      what: `the baseline ${choice} lies outside the domain, ${low} to ${high}`,
      mend: 'It is in the units of the data, before normalization.',
    });
  }
  const words = choice === 'mean' ? 'the mean of each channel as the domain declares it' : `${choice} everywhere`;
  return { inputs: { shape: [1, ...domain.shape], data: baselineOf(choice, domain) }, words };
}

function hiddenText(
  { sample, options: { baseline } }: ExplainContext<{ readonly baseline?: number | 'mean' | 'background' }>,
  domain: TextDomain,
): Baseline {
  if (baseline !== undefined) {
    throw new AssayError('usage', {
      what: `the baseline \`${baseline}\` is of real values, and that of a text is made of tokens`,
      mend: 'Leave `baseline` out.',
    });
  }
  const { token, words } = requireAbsentToken(domain);
  const { of } = tokenFeatures(domain, sample.inputs.data, null);
  const data = sample.inputs.data.map((id, i) => ((of[i] ?? -1) < 0 ? id : token));
  return {
    inputs: { shape: sample.inputs.shape, data },
    words: `the text with ${words} in the place of each of its tokens`,
  };
}

/** The attribution of one sample, with what it adds up to. */
export function pathAttribution({ values, differences, residuals }: PathAttributions): Attribution {
  return { values, completeness: { difference: differences[0] ?? NaN, residual: residuals[0] ?? NaN } };
}

/**
 * One value an input value: of tokens what the values of their embeddings give together.
 *
 * @param inputs how many input values there are
 */
export function perInput({ values }: Attributions, inputs: number, together: 'sum' | 'l2' = 'sum'): Float64Array {
  const width = values.length / inputs;
  if (width === 1) return values;
  const joined = new Float64Array(inputs);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    const at = Math.floor(i / width);
    joined[at] = (joined[at] ?? NaN) + (together === 'sum' ? value : value * value);
  }
  return together === 'sum' ? joined : joined.map(Math.sqrt);
}
