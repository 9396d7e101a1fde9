import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, rowRange, sizeOf } from '#base/tensor';
import { defineProbe } from '#plugin/define';
import type { Evidence, InputMap, RunContext } from '#plugin/plugin';
import type { RandomStreams } from '#stats/random';
import { isContinuous, type ContinuousDomain } from '#target/domain';
import { labelRow } from '#target/head';
import type { SampleSource } from '#target/sample-source';
import { isDifferentiable, type DifferentiableTarget, type Samples } from '#target/target';
import { completenessDetails } from './completeness-details.js';
import { CompletenessPolicy, completeOutcomes, judgeCompleteness } from './completeness-judge.js';
import { linearControl, negativeControls, type PositiveControl } from './controls.js';
import { baselineOf, explainedScore } from './explained-score.js';
import { refined } from './refinement.js';

const Options = Type.Object(
  {
    baseline: Type.Optional(
      Type.Union([Type.Number(), Type.Literal('mean')], {
        description:
          'The input that stands for absence: one value, in the units of the data, or `mean`, that of each channel as the ' +
          'domain declares it. Default: the low end of the range.',
      }),
    ),
    score: Type.Unsafe<'predicted' | 'true'>({
      type: 'string',
      enum: ['predicted', 'true'],
      default: 'predicted',
      description: 'Whether the score of the predicted class is explained, or that of the true one.',
    }),
    samples: Type.Integer({
      minimum: 1,
      default: 100,
      description: 'How many of the test samples are explained, drawn by seed: each takes 34 to some 1,000 gradients.',
    }),
    steps: Type.Integer({ minimum: 2, default: 32, description: 'Nodes of the first quadrature; doubled as needed.' }),
    maximumSteps: Type.Integer({ minimum: 2, default: 512, description: 'Nodes at which doubling stops.' }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

/** Columns have one entry a sample, in the order of `indices`. Numbers that are not finite are null. */
export type CompletenessEvidence = {
  readonly baseline: number | 'mean';
  readonly score: 'predicted' | 'true';
  readonly indices: readonly number[];
  /** Sum of the attributions minus `differences`. */
  readonly residuals: readonly (number | null)[];
  /** F(x) - F(x'). */
  readonly differences: readonly (number | null)[];
  /** Nodes of the last quadrature. */
  readonly steps: readonly number[];
  /** 1: does not add up, and more nodes do not help. */
  readonly stuck: readonly number[];
  readonly maximumSteps: number;
  readonly controls: {
    readonly linear: PositiveControl;
    /** 1: the check took a random map, or a constant one, for complete. */
    readonly random: readonly number[];
    readonly constant: readonly number[];
  };
};

/** Samples in one checkpoint: less than a minute of gradients. */
const CHUNK = 32;
/** Maps that are kept. */
const MAPS = 8;

export const completeness = defineProbe({
  id: 'explanation/completeness',
  area: 'explanations',
  title: 'Integrated gradients add up to the score',
  failureTitle: 'Integrated gradients do not add up to the score',
  description:
    'Explains one score of each sample by integrated gradients and checks that the attributions sum to the difference of ' +
    'the score from a baseline. In the same run a linear model with a closed form has to pass, and a random and a constant ' +
    'explainer have to fail on the same samples; otherwise the verdict is void.',
  sources: ['Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365, proposition 1'],
  severity: 'medium',
  frameworks: {
    'eu-ai-act': ['13(1)', '13(3)(b)(iv)'],
    'nist-ai-rmf': ['MEASURE 2.9', 'MEASURE 2.13'],
    'iso-42001': ['A.8.2'],
  },
  needs: ['scores', 'gradients'],
  data: ['test'],
  advice:
    'Attributions that do not add up describe something other than this model: look for operations without a faithful ' +
    'gradient, such as rounding or steps.\nUntil they add up, do not show them to anyone as reasons.',
  threat: null,
  texts: {
    'zh-CN': {
      title: '积分梯度之和与得分相符',
      failureTitle: '积分梯度之和与得分不符',
      description:
        '用积分梯度（Integrated Gradients）解释每个样本的一个得分，并检验完备性公理：各归因值之和等于该得分与基线得分之差。' +
        '在同一次运行中，具有闭式解的线性模型必须通过，随机解释器和常数解释器必须在相同样本上不通过；否则结论无效。',
      advice:
        '总和不符的归因所描述的并非此模型：请查找没有忠实梯度的运算，例如取整或阶跃函数。\n' +
        '在总和相符之前，不要把它们作为理由展示给任何人。',
      threat: null,
    },
    de: {
      title: 'Integrated Gradients summieren sich zum Score',
      failureTitle: 'Integrated Gradients summieren sich nicht zum Score',
      description:
        'Erklärt einen Score jedes Beispiels mit Integrated Gradients und prüft das Vollständigkeitsaxiom: Die Attributionen ' +
        'summieren sich zur Differenz des Scores von dem einer Baseline. Im selben Lauf muss ein lineares Modell mit ' +
        'geschlossener Lösung bestehen, und ein zufälliger und ein konstanter Erklärer müssen bei denselben Beispielen ' +
        'durchfallen; sonst ist das Urteil ungültig.',
      advice:
        'Attributionen, die nicht aufgehen, beschreiben etwas anderes als dieses Modell: Operationen ohne getreuen ' +
        'Gradienten suchen, etwa Rundungen oder Stufen.\nSolange sie nicht aufgehen, niemandem als Gründe zeigen.',
      threat: null,
    },
  },
  options: Options,
  policy: CompletenessPolicy,
  presets: {
    baseline: { complete: { atLeast: 0.99 } },
    strict: { complete: { atLeast: 0.99 } },
    'high-risk': { complete: { atLeast: 0.99 } },
  },
  checkOptions: ({ steps, maximumSteps }) => {
    if (maximumSteps >= steps) return;
    throw new AssayError('config', { what: `\`maximumSteps\` is ${maximumSteps}, below \`steps\`, ${steps}` });
  },
  appliesTo: ({ domain, head }) => {
    if (!isContinuous(domain)) return 'integrated gradients need real-valued inputs';
    return head.kind === 'sequence' ? 'a sequence has no one score to explain' : null;
  },
  cost: (available, { samples, steps }) => {
    const explained = Math.min(available, samples);
    return { predictions: explained, gradients: explained * (steps + 2) };
  },
  run: explain,
  judge: judgeCompleteness,
  outcomes: completeOutcomes,
  details: completenessDetails,
});

async function explain(context: RunContext<Options>): Promise<Evidence<CompletenessEvidence>> {
  const { options, random } = context;
  const { test } = context;
  const positions = drawn(test, options.samples, random.fork('samples'));
  const { target, domain } = differentiable(context.target);
  const declared = options.baseline ?? domain.range[0];
  requireWithin(declared, domain);
  const baseline = baselineOf(declared, domain);
  const linear = await linearControl(options.steps, random.fork('control').of(0));
  const parts: Awaited<ReturnType<typeof explainChunk>>[] = [];
  const total = positions.length;
  for (let start = 0; start < total; start += CHUNK) {
    const samples = await test.take(positions.slice(start, start + CHUNK));
    const maps = Math.max(Math.min(MAPS, context.keep) - start, 0);
    const progress = (done: number) => context.progress(start + done, total);
    parts.push(
      await context.step(`samples-${start}`, () =>
        explainChunk(target, samples, baseline, options, random, maps, progress),
      ),
    );
  }
  const rows = parts.flatMap(({ json }) => json);
  return {
    data: {
      baseline: declared,
      score: options.score,
      indices: positions.map((position) => test.indices[position] ?? -1),
      residuals: rows.map(({ residual }) => residual),
      differences: rows.map(({ difference }) => difference),
      steps: rows.map(({ steps }) => steps),
      stuck: rows.map(({ stuck }) => stuck),
      maximumSteps: options.maximumSteps,
      controls: {
        linear,
        random: rows.map(({ random: complete }) => complete),
        constant: rows.map(({ constant }) => constant),
      },
    },
    maps: mapsOf(
      await test.take(positions.slice(0, Math.min(MAPS, context.keep))),
      parts.map(({ arrays }) => arrays.maps),
      options.score,
    ),
  };
}

type Row = {
  readonly residual: number | null;
  readonly difference: number | null;
  readonly steps: number;
  readonly stuck: number;
  readonly random: number;
  readonly constant: number;
};

/** @param maps of how many samples the attributions are kept */
async function explainChunk(
  target: DifferentiableTarget,
  { inputs, labels, indices }: Samples,
  baseline: Float32Array,
  options: Options,
  random: RandomStreams,
  maps: number,
  progress: (done: number) => void,
): Promise<{ readonly json: readonly Row[]; readonly arrays: { readonly maps: Float32Array } }> {
  const scores = await target.predict(inputs);
  const kept = new Float32Array(Math.min(maps, indices.length) * baseline.length);
  const rows: Row[] = [];
  for (const [i, index] of indices.entries()) {
    const score = explainedScore(target.head, row(scores, i), labelRow(labels, i), options.score);
    const { attribution, steps, stuck } = await refined(target, rowRange(inputs, i, i + 1), baseline, score, options);
    const fooled = negativeControls(attribution, random.fork('negative control').of(index));
    rows.push({
      residual: finite(attribution.residual),
      difference: finite(attribution.difference),
      steps,
      ...{ stuck: stuck ? 1 : 0, random: fooled.random ? 1 : 0, constant: fooled.constant ? 1 : 0 },
    });
    if (i < maps) kept.set(attribution.map, i * baseline.length);
    progress(i + 1);
  }
  return { json: rows, arrays: { maps: kept } };
}

/** Where the samples with the lowest seeded ranks are, in their own order: a sample's rank does not depend on the others. */
function drawn({ indices }: SampleSource, count: number, random: RandomStreams): number[] {
  const ranked = indices.map((index, i) => ({ i, rank: random.of(index).uniform() }));
  return ranked
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .slice(0, count)
    .map(({ i }) => i)
    .sort((a, b) => a - b);
}

function differentiable(target: RunContext<Options>['target']): {
  readonly target: DifferentiableTarget;
  readonly domain: ContinuousDomain;
} {
  if (target !== null && isDifferentiable(target) && isContinuous(target.domain)) {
    return { target, domain: target.domain };
  }
  throw new AssayError('plugin', {
    where: 'explanation/completeness',
    what: 'it needs a target with gradients and real-valued inputs',
  });
}

function requireWithin(baseline: number | 'mean', { range: [low, high] }: ContinuousDomain): void {
  if (baseline === 'mean' || (baseline >= low && baseline <= high)) return;
  throw new AssayError('usage', {
    where: 'explanation/completeness',
    what: `the baseline ${baseline} lies outside the domain, ${low} to ${high}`,
    mend: 'It is in the units of the data, before normalization.',
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The maps of the first samples, by chunk. */
function mapsOf({ inputs, indices }: Samples, chunks: readonly Float32Array[], score: Options['score']): InputMap[] {
  const size = sizeOf(inputs.shape.slice(1));
  const maps = chunks.flatMap((chunk) =>
    Array.from({ length: chunk.length / size }, (_, i) => chunk.slice(i * size, (i + 1) * size)),
  );
  return maps.map((map, i) => ({
    sample: indices[i] ?? -1,
    caption: `Integrated gradients of the ${score} score`,
    input: row(inputs, i).slice(),
    map,
  }));
}
