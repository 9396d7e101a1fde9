// What each part of a recipe is worth: the fixture CNN is hardened by PGD-7 on Fashion-MNIST with one part more at a time.
//
//   node bench/ablation.mjs [--images 6000] [--epochs 5] [--evaluate 500] [--only plain,awp] [--threads 2]
//     [--data /usr/share/datasets/fashion-mnist]
//
// Needs Debian's package dataset-fashion-mnist. Linf 0.1; robust are the first test images that neither APGD-CE nor APGD-T
// breaks. In the rows on rare classes one image in ten of the labels 5 to 9 is left in the training data. Nothing is asked for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { accuracyOf, EPSILON, open, take } from './fashion.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { inMemory } = await import(`${root}/dist/src/target/sample-source.js`);
const { check } = await import(`${root}/dist/src/config/validate.js`);
const { randomStreams } = await import(`${root}/dist/src/stats/random.js`);
const { boxOf } = await import(`${root}/dist/attacks/evasion/index.js`);
const { seededDraws } = await import(`${root}/dist/defenses/training/loop/draws.js`);
const { train } = await import(`${root}/dist/defenses/training/loop/train.js`);
const { Recipe } = await import(`${root}/dist/defenses/training/recipe.js`);
const { strataOf } = await import(`${root}/dist/defenses/training/sampling/strata.js`);

const SHIFTS = [{ kind: 'crop', padding: 2 }, { kind: 'flip' }];
const ROWS = {
  plain: ['PGD-7 alone', {}],
  shifts: ['crops and flips', { augmentation: SHIFTS }],
  cutout: ['cutout of 8', { augmentation: [{ kind: 'cutout', size: 8 }] }],
  mixup: ['mixup', { augmentation: [{ kind: 'mixup' }] }],
  augmix: ['AugMix', { augmentation: [{ kind: 'augmix' }] }],
  averaging: ['averaged weights', { averaging: { on: true } }],
  awp: ['weight perturbation 0.005', { weightPerturbation: 0.005 }],
  all: [
    'crops, flips, averaging, perturbation',
    { augmentation: SHIFTS, averaging: { on: true }, weightPerturbation: 0.005 },
  ],
  rare: ['rare classes, PGD-7 alone', {}, 'rare'],
  oversampling: ['rare classes, oversampled', { oversampling: { classes: true } }, 'rare'],
};
const RARE = [5, 6, 7, 8, 9];

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '6000' },
    epochs: { type: 'string', default: '5' },
    evaluate: { type: 'string', default: '500' },
    only: { type: 'string', default: Object.keys(ROWS).join(',') },
    threads: { type: 'string', default: '2' },
    data: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
  },
});
const [images, epochs, evaluated, threads] = [values.images, values.epochs, values.evaluate, values.threads].map(
  Number,
);
const folder = mkdtempSync(join(tmpdir(), 'assay-ablation-'));

function recipeOf(parts) {
  const learningRate = { kind: 'cosine', rate: 0.02, warmUp: 0.1 };
  const given = { method: 'pgd', norm: 'Linf', epsilon: EPSILON, epochs, learningRate, ...parts };
  return check(Recipe, given, { code: 'config', file: 'bench/ablation.mjs', path: [] });
}

async function hardened(parts, which) {
  const { target, samples } = await open(
    `${root}/fixtures/models/fashion-cnn.onnx`,
    {
      inputs: join(values.data, 'train-images-idx3-ubyte.gz'),
      labels: join(values.data, 'train-labels-idx1-ubyte.gz'),
      scale: 1 / 255,
    },
    threads,
  );
  const source = inMemory(take(samples, positionsOf(samples.labels.values, which)));
  const [recipe, random] = [recipeOf(parts), randomStreams(0, 'ablation')];
  const strata = await strataOf(recipe.oversampling, { source, head: target.head, domain: target.domain });
  const draws = seededDraws(recipe, boxOf(target), { count: source.indices.length, strata }, random);
  const start = performance.now();
  const run = { target, domain: target.domain, train: source, validation: null, recipe, draws, random };
  const { trainer, stop } = await train(run);
  if (stop !== null) throw new Error(stop.sentence);
  const seconds = (performance.now() - start) / 1000;
  const file = join(folder, 'hardened.onnx');
  writeFileSync(file, trainer.file());
  await trainer.dispose();
  await target.dispose();
  return { file, seconds, learned: source.indices.length };
}

/** The first images; of rare labels every tenth. */
function positionsOf(labels, which) {
  const seen = new Map();
  return [...Array(images).keys()].filter((position) => {
    const label = labels[position];
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return which !== 'rare' || !RARE.includes(label) || before % 10 === 0;
  });
}

const percent = (share) => (100 * share).toFixed(1);
const head = ['recipe', 'images', 'clean, %', 'robust, %', 'robust on labels 5 to 9, %', 's'];
process.stdout.write(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}\n`);
for (const name of values.only.split(',')) {
  const [title, parts, which] = ROWS[name];
  const { file, seconds, learned } = await hardened(parts, which);
  const { clean, robust, robustOf } = await accuracyOf(file, evaluated, threads);
  const rare = RARE.reduce((sum, label) => sum + robustOf(label), 0) / RARE.length;
  const cells = [title, learned, percent(clean), percent(robust), percent(rare), seconds.toFixed(0)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
rmSync(folder, { recursive: true });
