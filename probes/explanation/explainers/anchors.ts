import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { counted } from '#base/format';
import { row, rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import { defineExplainer, type ExplainContext } from '#plugin/explainer';
import type { Detail } from '#report/details';
import { isContinuous, type TextDomain } from '#target/domain';
import { drawnBackground } from '../features/background.js';
import { affordable } from '../features/budget.js';
import { partitionOf, partitionOptions } from '../features/partition.js';
import { findAnchor, type Anchor, type AnchorOptions } from '../methods/anchors/anchor.js';
import { maskSpace } from '../methods/anchors/mask-space.js';
import type { AnchorSpace } from '../methods/anchors/space.js';
import { tableSpace } from '../methods/anchors/table-space.js';
import { decisionOf } from '../methods/decision.js';
import { decisionWords } from './decision-words.js';

const Options = Type.Object(
  {
    precision: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.95,
      description: 'The share of inputs under the rule that have to get the same decision (tau of the paper).',
    }),
    delta: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.05,
      description: 'The risk that a round of the search keeps rules that are less precise than `epsilon` allows.',
    }),
    epsilon: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'By how much the rules that are kept may be less precise than the best.',
    }),
    beam: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'Rules of each length that are built upon (B of the paper).',
    }),
    batch: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1 })], {
      default: 'auto',
      description: 'Inputs that are drawn for a rule at a time. `auto`: 100 for tables, 10 for pictures and texts.',
    }),
    maximumDraws: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1000 })], {
      default: 'auto',
      description:
        'Inputs that a search draws at most; then it takes the best rule that it has. `auto`: 300,000, and less of texts (1,024 of 512 tokens) and of ' +
        'pictures (7,132 of 3 x 224 x 224).',
    }),
    verification: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Fresh inputs by which a rule that was found is judged. Default: 10,000 for tables, 1,000 for pictures and texts, and 512 of 512 tokens.',
      }),
    ),
    bins: Type.Integer({
      minimum: 2,
      default: 4,
      description:
        'Of a table: parts into which quantiles cut a column with numbers, four times as many where no rule holds.',
    }),
    backgroundRows: Type.Integer({
      minimum: 1,
      default: 1000,
      description: 'Of tables and texts: real inputs from which replacements are drawn, as many as there are at most.',
    }),
    words: Type.Union([Type.Literal('auto'), Type.Literal('mask'), Type.Literal('background')], {
      default: 'auto',
      description:
        'What replaces a token of a text: the mask of the tokenizer, or tokens of real texts. `auto`: the mask where there is one.',
    }),
    ...partitionOptions,
  },
  { additionalProperties: false },
);

type Context = ExplainContext<Static<typeof Options>>;

/** Texts of random words from which absent tokens are taken. */
const RANDOM_TEXTS = 64;

export const anchors = defineExplainer({
  id: 'anchors',
  title: 'Anchors',
  description:
    'A rule that fixes the decision: while it holds, the rest of the input hardly matters. Of all rules that are precise enough the one that covers the most ' +
    'is searched for, and it is judged by inputs that the search has not seen. Inputs are drawn as in the original: values of other real rows in a ' +
    'table, another picture behind regions, other words in a text. What is drawn need not be possible in the world.',
  sources: ['Ribeiro, Singh & Guestrin 2018, Anchors: High-Precision Model-Agnostic Explanations, AAAI'],
  needs: ['labels'],
  role: 'explanation',
  options: Options,
  appliesTo({ head }) {
    return head.kind === 'regression' && !(head.tolerance > 0)
      ? 'A rule fixes a decision, and this target gives values and no tolerance within which they count as the same.'
      : null;
  },
  async explain(context) {
    const { target, sample, score, options, random } = context;
    const [scores, spaces] = [await target.predict(sample.inputs), await spacesOf(context)];
    const decision = decisionOf(target.head, row(scores, 0), score);
    const index = sample.indices[0] ?? -1;
    const anchor = await findAnchor(target, spaces, decision, { ...options, ...drawsOf(context) }, random, index);
    const decided = decisionWords(target, decidedFor(context, row(scores, 0)), score);
    return {
      attribution: null,
      details: [ruleTable(anchor)],
      statements: statementsOf(anchor, decided, options.precision),
    };
  },
});

function drawsOf({
  target: { domain },
  options,
}: Context): Pick<AnchorOptions, 'batch' | 'maximumDraws' | 'verification'> {
  const isTable = domain.kind === 'tabular';
  const { batch, maximumDraws, verification = affordable(isTable ? 10_000 : 1000, domain) } = options;
  return {
    batch: batch === 'auto' ? (isTable ? 100 : 10) : batch,
    maximumDraws: maximumDraws === 'auto' ? 2 * affordable(150_000, domain) : maximumDraws,
    verification,
  };
}

async function spacesOf({ target, sample, tokens, background, random, options }: Context): Promise<AnchorSpace[]> {
  const { domain } = target;
  const values = row(sample.inputs, 0);
  if (domain.kind === 'tabular') {
    const rows = await drawnBackground(background, random, options.backgroundRows);
    return ([options.bins, 4 * options.bins, 'values'] as const).map((bins) => tableSpace(domain, values, rows, bins));
  }
  const features = partitionOf(domain, values, tokens, options);
  const replacements = isContinuous(domain)
    ? anotherThan(values, await drawnBackground(background, random, 2))
    : await otherWords(domain, { sample, background, random, options });
  return [maskSpace(values, features, replacements)];
}

/** The first of some inputs that is not the sample itself, which in the place of its own regions would change nothing. */
function anotherThan(values: Float32Array, inputs: Tensor): Tensor {
  for (let i = 0; i < rowsOf(inputs); i++) {
    if (row(inputs, i).some((value, j) => value !== values[j])) return rowRange(inputs, i, i + 1);
  }
  throw new AssayError('data', { what: 'there is no picture but the sample itself to put behind its regions' });
}

/** [rows, length] of the mask, or of tokens of real texts in random order. */
async function otherWords(
  { shape, tokens }: TextDomain,
  { sample, background, random, options }: Pick<Context, 'sample' | 'background' | 'random' | 'options'>,
): Promise<Tensor> {
  const mask = tokens?.mask ?? null;
  if (options.words === 'mask' || (options.words === 'auto' && mask !== null)) {
    if (mask === null)
      throw new AssayError('usage', { what: 'the tokenizer has no mask that could stand for a hidden token' });
    return { shape: [1, ...shape], data: new Float32Array(row(sample.inputs, 0).length).fill(mask) };
  }
  const { data } = await drawnBackground(background, random, options.backgroundRows);
  const special = new Set([...(tokens?.special ?? []), tokens?.padding ?? -1]);
  const words = data.filter((id) => !special.has(id));
  if (words.length === 0) throw new AssayError('data', { what: 'the texts of the background have no words' });
  const texts = zeros([RANDOM_TEXTS, ...shape]);
  const source = random.fork('words').of(0);
  for (let i = 0; i < texts.data.length; i++) texts.data[i] = words[source.integer(words.length)] ?? NaN;
  return texts;
}

/** Whether the score that is explained is one that the target decided for. */
function decidedFor({ target: { head }, score }: Context, scores: Float32Array): boolean {
  if (head.kind === 'classes') return scores.every((other, i) => i === score || other < (scores[score] ?? NaN));
  return head.kind === 'regression' || (scores[score] ?? NaN) > 0;
}

function statementsOf(anchor: Anchor, decided: string, wanted: number): string[] {
  const { predicates, precision, interval, draws, holds, coverage, candidates, spent } = anchor;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rule = predicates.length === 0 ? 'Whatever the input is' : `Where ${predicates.join(' and ')}`;
  const measured = `for ${percent(precision)} of ${draws} fresh inputs (95 % interval ${percent(interval.low)} to ${percent(interval.high)})`;
  return [
    holds
      ? `${rule}, the model ${decided}: so it did ${measured}.`
      : `No rule was found that keeps the decision for ${percent(wanted)} of inputs; the closest keeps it ${measured}.`,
    `The rule covers ${percent(coverage)} of the inputs of the background, and ${counted(candidates, 'rule was', 'rules were')} tried.`,
    ...(spent ? ['The search ended at `maximumDraws`: a rule that covers more may be there.'] : []),
    'Precision is that over inputs made up from real ones, not over the world; a rule that covers little says little about other inputs.',
  ];
}

function ruleTable({ predicates, precision, interval, atLeast, draws, coverage }: Anchor): Detail {
  return {
    kind: 'table',
    title: 'The rule',
    columns: [
      { label: 'part', format: 'text' },
      { label: 'value', format: 'text' },
    ],
    rows: [
      ...predicates.map((predicate, i): [string, string] => [i === 0 ? 'where' : 'and', predicate]),
      ['precision', `${precision.toFixed(4)}, 95 % interval ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`],
      ['precision, no lower than (99.9 % confidence)', atLeast.toFixed(4)],
      ['fresh inputs', `${draws}`],
      ['coverage', coverage.toPrecision(3)],
    ],
    samples: true,
  };
}
