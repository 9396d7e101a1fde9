import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, rowRange, type Tensor } from '#base/tensor';
import { defineProbe } from '#plugin/define';
import type { Evidence, InputMap, RunContext, StepValue } from '#plugin/plugin';
import { isContinuous } from '#target/domain';
import { isDifferentiable, type DifferentiableTarget } from '#target/target';
import { runControls, type ControlOutcome } from './controls.js';
import { completenessDetails } from './completeness-details.js';
import { CompletenessPolicy, isComplete, judgeCompleteness } from './completeness-judge.js';
import { integratedGradients, type Attribution } from './methods/integrated-gradients.js';

const Options = Type.Object(
  {
    baseline: Type.Optional(
      Type.Number({ description: 'Value of every input that stands for absence. Default: the low end of the range.' }),
    ),
    steps: Type.Integer({ minimum: 2, default: 32, description: 'Nodes of the first quadrature; doubled as needed.' }),
    maximumSteps: Type.Integer({ minimum: 2, default: 512, description: 'Nodes at which doubling stops.' }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

export interface CompletenessEvidence {
  readonly baseline: number;
  readonly indices: readonly number[];
  readonly residuals: readonly (number | null)[];
  readonly differences: readonly (number | null)[];
  /** Nodes of the last quadrature of each sample. */
  readonly steps: readonly number[];
  /** 1: the last doubling made the residual no smaller, so it is not the quadrature that is short. */
  readonly stuck: readonly number[];
  readonly maximumSteps: number;
  readonly controls: readonly ControlOutcome[];
}

/** Samples in one checkpoint, and maps that are kept. */
const CHUNK = 64;
const MAPS = 8;

export const completeness = defineProbe({
  id: 'explanation/completeness',
  area: 'explanations',
  title: 'Integrated gradients add up to the score',
  failureTitle: 'Integrated gradients do not add up to the score',
  description:
    'Explains the predicted score of each sample by integrated gradients and checks that the attributions sum to the ' +
    'difference of the score from a baseline. In the same run a linear model with a closed form has to pass and a random ' +
    'and a constant explainer have to fail; otherwise the verdict is void.',
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
    'gradient (rounding, clipping, custom kernels), or explain another layer.',
  threat: null,
  options: Options,
  policy: CompletenessPolicy,
  presets: { baseline: { complete: { atLeast: 0.99 } }, strict: { complete: { atLeast: 0.99 } } },
  checkOptions: ({ steps, maximumSteps }) => {
    if (maximumSteps >= steps) return;
    throw new AssayError('config', { what: `\`maximumSteps\` is ${maximumSteps}, below \`steps\`, ${steps}` });
  },
  appliesTo: ({ domain }) => (isContinuous(domain) ? null : 'integrated gradients need real-valued inputs'),
  cost: (samples, { steps }) => ({ predictions: samples, gradients: samples * (steps + 2) }),
  run: explain,
  judge: judgeCompleteness,
  details: completenessDetails,
});

async function explain(context: RunContext<Options>): Promise<Evidence<CompletenessEvidence>> {
  const { target, test, options, random } = context;
  if (target === null || !isDifferentiable(target) || !isContinuous(target.domain)) {
    throw new AssayError('plugin', { where: completeness.plugin.id, what: 'needs a target with gradients' });
  }
  const baseline = options.baseline ?? target.domain.range[0];
  const controls = await runControls(options, random.fork('controls').of(0));
  const count = Math.ceil(test.indices.length / CHUNK);
  const chunks: StepValue[] = [];
  for (let i = 0; i < count; i++) {
    const inputs = rowRange(test.inputs, i * CHUNK, Math.min((i + 1) * CHUNK, test.indices.length));
    chunks.push(await context.step(`chunk-${i}`, () => explainChunk(target, inputs, baseline, options)));
    context.progress(i + 1, count);
  }
  const column = (name: string): number[] => chunks.flatMap(({ arrays }) => [...(arrays[name] ?? [])]);
  const finite = (values: readonly number[]): (number | null)[] => values.map((v) => (Number.isFinite(v) ? v : null));
  return {
    data: {
      baseline,
      indices: test.indices,
      residuals: finite(column('residuals')),
      differences: finite(column('differences')),
      steps: column('steps'),
      stuck: column('stuck'),
      maximumSteps: options.maximumSteps,
      controls,
    },
    maps: mapsOf(test.indices, test.inputs, chunks[0]),
  };
}

async function explainChunk(
  target: DifferentiableTarget,
  inputs: Tensor,
  baseline: number,
  options: Options,
): Promise<StepValue> {
  const scores = await target.predict(inputs);
  const rows = inputs.shape[0] ?? 0;
  const size = inputs.data.length / rows;
  const residuals = new Float64Array(rows);
  const differences = new Float64Array(rows);
  const steps = new Int32Array(rows);
  const stuck = new Uint8Array(rows);
  const maps = new Float32Array(Math.min(rows, MAPS) * size);
  for (let i = 0; i < rows; i++) {
    const own = row(scores, i);
    const predicted = own.indexOf(Math.max(...own));
    const found = await refined(target, rowRange(inputs, i, i + 1), baseline, Math.max(predicted, 0), options);
    residuals[i] = found.attribution.residual;
    differences[i] = found.attribution.difference;
    steps[i] = found.steps;
    stuck[i] = found.stuck ? 1 : 0;
    if (i < MAPS) maps.set(found.attribution.map, i * size);
  }
  return { json: null, arrays: { residuals, differences, steps, stuck, maps } };
}

/** Doubles the quadrature until the attributions add up, or the cap is reached. */
export async function refined(
  model: Parameters<typeof integratedGradients>[0],
  sample: Tensor,
  baseline: number,
  score: number,
  { steps: first, maximumSteps }: Options,
): Promise<{ readonly attribution: Attribution; readonly steps: number; readonly stuck: boolean }> {
  let steps = first;
  let attribution = await integratedGradients(model, sample, baseline, score, steps);
  let before = Infinity;
  while (!isComplete(attribution) && steps * 2 <= maximumSteps) {
    before = Math.abs(attribution.residual);
    steps *= 2;
    attribution = await integratedGradients(model, sample, baseline, score, steps);
  }
  const stuck = !isComplete(attribution) && !(Math.abs(attribution.residual) < 0.9 * before);
  return { attribution, steps, stuck };
}

function mapsOf(indices: readonly number[], inputs: Tensor, chunk: StepValue | undefined): InputMap[] {
  const maps = chunk?.arrays['maps'];
  if (!(maps instanceof Float32Array)) return [];
  const size = inputs.data.length / indices.length;
  return indices.slice(0, MAPS).map((sample, i) => ({
    sample,
    caption: 'Integrated gradients of the predicted score',
    input: row(inputs, i).slice(),
    map: maps.slice(i * size, (i + 1) * size),
  }));
}
