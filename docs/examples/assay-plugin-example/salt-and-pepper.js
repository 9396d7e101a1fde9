// @ts-check
import { clopperPearson, defineAttack, isCorrect, labelRow, permutation, row, rowsOf, takeRows, Type } from 'assay';

/**
 * @typedef {object} Data What the attack saw, by epsilon.
 * @property {number[]} epsilons ascending
 * @property {number} n
 * @property {number} clean right answers without noise
 * @property {number[]} robust right answers at every epsilon up to this one
 */

/** @typedef {import('assay').RunContext<{ epsilons: number[], share: number }>} Context */

/** Samples in one step: what is lost at most when a run is interrupted. */
const CHUNK = 256;

const closed = { additionalProperties: false };
export const saltAndPepper = defineAttack({
  id: 'assay-plugin-example/salt-and-pepper',
  area: 'evasion',
  title: 'Withstands salt-and-pepper noise',
  failureTitle: 'Falls to salt-and-pepper noise',
  description:
    'Moves a random share of the values of an input by epsilon, up or down at random, and no further than the domain goes. ' +
    'A sample is lost at an epsilon when it is not recognized at it or at a smaller one.',
  sources: ['Gonzalez & Woods, Digital Image Processing, section 5.2 (impulse noise)'],
  severity: 'medium',
  frameworks: { 'mitre-atlas': ['AML.T0043'], 'owasp-ml': ['ML01'] },
  needs: ['scores'],
  data: ['test'],
  advice: 'Filter inputs with a median before the model. Add such noise to the training data.',
  threat: 'Someone who can disturb a few values of an input, such as a dirty sensor, and knows nothing of the model.',
  options: Type.Object(
    {
      epsilons: Type.Array(Type.Number({ minimum: 0 }), {
        minItems: 1,
        default: [0.1, 0.2, 0.3],
        description: 'How far a value is moved (Linf), in the units of the domain.',
      }),
      share: Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'Of the values that are moved.',
      }),
    },
    closed,
  ),
  policy: Type.Object(
    {
      robustAccuracy: Type.Object(
        {
          epsilon: Type.Optional(
            Type.Number({ minimum: 0, description: 'The epsilon that the bar is for. Default: the largest.' }),
          ),
          atLeast: Type.Number({ minimum: 0, maximum: 1, description: 'The least share that is still recognized.' }),
        },
        closed,
      ),
    },
    closed,
  ),
  presets: {
    baseline: { robustAccuracy: { atLeast: 0.3 } },
    strict: { robustAccuracy: { atLeast: 0.6 } },
    'high-risk': { robustAccuracy: { atLeast: 0.8 } },
  },
  appliesTo: ({ domain }) => (domain.kind === 'text' ? 'the values of a text cannot be moved' : null),
  cost: (samples, { epsilons }) => ({ predictions: samples * (epsilons.length + 1), gradients: 0 }),
  run,
  judge,
  details,
});

/** @param {Context} context */
async function run(context) {
  const { target, test, options } = context;
  if (target === null || target.domain.kind === 'text') throw new Error('the target has no range of values');
  const epsilons = [...options.epsilons].sort((a, b) => a - b);
  const n = test.indices.length;
  /** @type {import('assay').Example[]} */
  const examples = [];
  const right = { clean: 0, robust: epsilons.map(() => 0) };

  for (let start = 0; start < n; start += CHUNK) {
    const samples = await test.range(start, Math.min(start + CHUNK, n));
    const chunk = await context.step(`samples from ${start}`, async () =>
      attackChunk(context, target, epsilons, samples),
    );
    const { clean, robust, lost } = /** @type {Chunk} */ (chunk.json);
    right.clean += clean;
    robust.forEach((count, i) => (right.robust[i] = (right.robust[i] ?? 0) + count));
    examples.push(...lost.map((found, i) => exampleOf(samples, found, chunk.arrays, i)));
    context.progress(start + samples.indices.length, n);
  }
  return { data: { epsilons, n, ...right }, examples };
}

/**
 * @typedef {object} Lost
 * @property {number} position in its chunk
 * @property {number} epsilon
 * @property {number} size Linf norm of the change
 * @property {number[]} before
 * @property {number[]} after
 *
 * @typedef {{ clean: number, robust: number[], lost: Lost[] }} Chunk
 */

/**
 * @param {Context} context
 * @param {import('assay').Target} target
 * @param {number[]} epsilons
 * @param {import('assay').Samples} samples
 * @returns {Promise<import('assay').StepValue>}
 */
async function attackChunk({ random, options }, target, epsilons, { inputs, labels, indices }) {
  const before = await target.predict(inputs);
  const isRight = (/** @type {import('assay').Tensor} */ scores, /** @type {number} */ i) =>
    isCorrect(target.head, row(scores, i), labelRow(labels, i));
  let standing = indices.map((_, i) => i).filter((i) => isRight(before, i));
  const clean = standing.length;
  const robust = [];
  const lost = [];
  /** @type {Record<string, Float32Array>} */
  const arrays = {};
  for (const epsilon of epsilons) {
    const noisy = takeRows(inputs, standing);
    const sizes = standing.map((i, k) => {
      const rng = random.of(indices[i] ?? 0);
      return disturb(row(noisy, k), epsilon, options.share, rng, target.domain);
    });
    const after = rowsOf(noisy) === 0 ? noisy : await target.predict(noisy);
    const still = [];
    for (const [k, i] of standing.entries()) {
      if (isCorrect(target.head, row(after, k), labelRow(labels, i))) still.push(i);
      else {
        arrays[`noisy/${lost.length}`] = row(noisy, k).slice();
        lost.push({
          position: i,
          epsilon,
          size: sizes[k] ?? 0,
          before: [...row(before, i)],
          after: [...row(after, k)],
        });
      }
    }
    standing = still;
    robust.push(standing.length);
  }
  return { json: { clean, robust, lost }, arrays };
}

/**
 * Moves the first values of the sample's own random order. Order and directions are the same for every epsilon.
 *
 * @param {Float32Array} values changed in place
 * @param {number} epsilon
 * @param {number} share
 * @param {import('assay').Rng} rng
 * @param {import('assay').Domain} domain
 * @returns the Linf norm of the change
 */
function disturb(values, epsilon, share, rng, domain) {
  if (domain.kind === 'text') throw new Error('the values of a text cannot be moved');
  const [low, high] = domain.range;
  const order = permutation(values.length, rng).slice(0, Math.ceil(share * values.length));
  let size = 0;
  for (const at of order) {
    const original = values[at] ?? 0;
    const moved = original + (rng.uniform() < 0.5 ? -epsilon : epsilon);
    values[at] = Math.min(high, Math.max(low, moved));
    size = Math.max(size, Math.abs((values[at] ?? 0) - original));
  }
  return size;
}

/**
 * @param {import('assay').Samples} samples of the chunk
 * @param {Lost} lost
 * @param {import('assay').StepValue['arrays']} arrays
 * @param {number} i
 * @returns {import('assay').Example}
 */
function exampleOf({ inputs, labels, indices }, lost, arrays, i) {
  const noisy = arrays[`noisy/${i}`];
  if (!(noisy instanceof Float32Array)) throw new Error('the step lacks a noisy input');
  return {
    sample: indices[lost.position] ?? 0,
    epsilon: lost.epsilon,
    norm: { kind: 'Linf', value: lost.size },
    label: [...labelRow(labels, lost.position)],
    scoresBefore: lost.before,
    scoresAfter: lost.after,
    // A copy: a view would hold the whole chunk in memory.
    original: row(inputs, lost.position).slice(),
    changed: noisy,
  };
}

/**
 * @param {Data} data
 * @param {import('assay').JudgePolicy<{ robustAccuracy: { epsilon?: number, atLeast: number } }>} policy
 * @returns {import('assay').Verdict}
 */
function judge({ epsilons, n, robust }, { thresholds, setBy, minimumSamples }) {
  const { atLeast, epsilon = epsilons.at(-1) ?? 0 } = thresholds.robustAccuracy;
  const at = epsilons.indexOf(epsilon);
  if (at < 0) return undecided(`The policy asks for epsilon ${epsilon}, which was not run.`);
  if (n === 0) return undecided('There were no samples.');
  const kept = robust[at] ?? 0;
  const interval = clopperPearson(kept, n);
  const holds = interval.low >= atLeast;
  const percent = (/** @type {number} */ rate) => `${(100 * rate).toFixed(1)} %`;
  return {
    status: !holds ? 'fail' : n < minimumSamples ? 'inconclusive' : 'pass',
    claim:
      `${kept} of ${n} inputs are recognized at epsilon ${epsilon} (${percent(kept / n)}, 95 % ` +
      `interval ${percent(interval.low)} to ${percent(interval.high)}); asked for is ${percent(atLeast)}.`,
    reasons: n < minimumSamples ? [`${n} samples are fewer than the ${minimumSamples} that the policy asks for.`] : [],
    measures: [
      {
        id: 'robust-accuracy',
        label: `Robust accuracy at epsilon ${epsilon}`,
        value: kept / n,
        format: 'rate',
        n,
        interval: { ...interval, method: 'Clopper-Pearson' },
        threshold: { comparison: 'at-least', value: atLeast, compared: interval.low, holds, setBy },
      },
    ],
    signs: [],
  };
}

/**
 * @param {string} reason
 * @returns {import('assay').Verdict}
 */
function undecided(reason) {
  return { status: 'inconclusive', claim: reason, reasons: [reason], measures: [], signs: [] };
}

/**
 * @param {Data} data
 * @param {import('assay').Verdict} _verdict
 * @param {import('assay').Pictures} pictures
 * @returns {import('assay').Detail[]}
 */
function details({ epsilons, n, clean, robust }, _verdict, pictures) {
  const points = [clean, ...robust].map((kept, i) => {
    const { low, high } = clopperPearson(kept, n);
    return { x: i === 0 ? 0 : (epsilons[i - 1] ?? 0), y: n === 0 ? 0 : kept / n, low, high };
  });
  return [
    {
      kind: 'curve',
      title: 'Robust accuracy against epsilon',
      description: 'The share of inputs that are recognized at every epsilon up to this one.',
      x: { label: 'epsilon', format: 'epsilon' },
      y: { label: 'Robust accuracy', format: 'rate' },
      series: [{ name: 'salt and pepper', role: 'measured', points }],
    },
    {
      kind: 'image-pairs',
      title: 'Inputs that are no longer recognized',
      chosen: 'the three smallest changes, three at the median, three drawn by seed',
      rows: [...pictures.examples],
    },
  ];
}
