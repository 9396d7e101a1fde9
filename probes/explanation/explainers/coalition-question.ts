import { AssayError } from '#base/errors';
import { row, rowsOf } from '#base/tensor';
import type { ExplainContext, Explained, Features } from '#plugin/explainer';
import type { WaterfallDetail } from '#report/details';
import type { Domain } from '#target/domain';
import { columnsOf } from '#target/table-domain';
import { absenceOf, absenceOptions, absentToken, type AbsenceOptions } from '../features/absence.js';
import { partitionOf, partitionOptions, type PartitionOptions } from '../features/partition.js';
import type { CoalitionGame } from '../methods/coalitions/game.js';
import { maskingGame } from '../methods/coalitions/masking-game.js';
import type { ShapleyEstimate } from '../methods/coalitions/shapley.js';
import { wordOf } from '#target/column-words';

/** Options of every explainer that switches features of an input off. */
export const coalitionOptions = { ...partitionOptions, ...absenceOptions };

export type CoalitionOptions = PartitionOptions & AbsenceOptions;

/** One decision as a game of its features. */
export interface CoalitionQuestion {
  readonly game: CoalitionGame;
  readonly features: Features;
  /** What absent features take, in words. */
  readonly absent: string;
}

/** Null where features of such an input can be absent, otherwise the sentence that says why not. */
export function absenceTrouble(domain: Domain): string | null {
  return domain.kind === 'text' && absentToken(domain) === null
    ? 'The tokenizer has neither a mask nor padding that could stand in the place of an absent token.'
    : null;
}

/**
 * @param coalitions about how many will be asked for, of which progress is told
 * @throws AssayError `data` for an input without features
 */
export async function coalitionQuestion(
  context: ExplainContext<CoalitionOptions>,
  coalitions: (players: number) => number,
): Promise<CoalitionQuestion> {
  const { target, sample, score, tokens, background, random, options } = context;
  const { domain } = target;
  const features = partitionOf(domain, row(sample.inputs, 0), tokens, options);
  if (features.names.length === 0) throw new AssayError('data', { what: 'the input has nothing but padding' });
  const absence = await absenceOf({ domain, sample: sample.inputs, features, background, random }, options);
  const total = coalitions(features.names.length) * rowsOf(absence.background);
  let done = 0;
  const game = maskingGame(target, {
    sample: sample.inputs,
    ...{ score, features, background: absence.background },
    asked(rows) {
      done = Math.min(total, done + rows);
      context.progress(done, total);
    },
  });
  return { game, features, absent: absence.words };
}

/** Shapley values with what they add up to, from the worth of nobody to that of all. */
export function explainedByShapley(
  context: ExplainContext<CoalitionOptions>,
  { features, absent }: CoalitionQuestion,
  { values, standardErrors, none, all }: ShapleyEstimate,
  asked: string,
): Explained {
  const difference = all - none;
  const residual = values.reduce((sum, value) => sum + value, 0) - difference;
  const isExact = standardErrors.every((error) => error === 0);
  const sampled =
    'Standard errors are those of sampling coalitions; what another background would change is not in them.';
  return {
    attribution: {
      ...{ values, features },
      ...(isExact ? {} : { standardErrors }),
      completeness: { difference, residual },
    },
    details: [waterfall(context, features, { values, standardErrors, none, all })],
    statements: [
      `${asked}; absent features take ${absent}.`,
      ...(isExact ? [] : [sampled]),
      'Values share what features do together evenly among them, and ask for inputs that may not occur in the world.',
    ],
  };
}

function waterfall(
  { target, sample, score }: ExplainContext<CoalitionOptions>,
  { names }: Features,
  { values, standardErrors, none, all }: ShapleyEstimate,
): WaterfallDetail {
  const { domain, labels } = target;
  const input = row(sample.inputs, 0);
  const words = domain.kind === 'tabular' ? columnsOf(domain).map((column) => wordOf(column, input)) : null;
  return {
    kind: 'waterfall',
    title: 'From the background to this decision',
    description:
      'The score without any feature of the input, and what each feature adds to it, averaged over all orders in which features can come in.',
    ...(sample.indices[0] === undefined ? {} : { sample: sample.indices[0] }),
    x: { label: `score of ${labels?.[score] ?? score}`, format: 'number' },
    baseValue: none,
    prediction: all,
    rows: names.map((feature, i) => {
      const standardError = standardErrors[i] ?? 0;
      return {
        ...{ feature, value: words?.[i] ?? null, contribution: values[i] ?? 0 },
        ...(standardError > 0 ? { standardError } : {}),
      };
    }),
  };
}
