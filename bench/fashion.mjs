// What several benchmarks have in common: the small CNN on Fashion-MNIST, and its accuracy under attack.
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { openTarget } = await import(`${root}/dist/src/target/open.js`);
const { readModelFile } = await import(`${root}/dist/src/target/read-model.js`);
const { loadSamples } = await import(`${root}/dist/src/data/load-samples.js`);
const { declareTarget } = await import(`${root}/dist/src/target/declare.js`);
const { check } = await import(`${root}/dist/src/config/validate.js`);
const { randomStreams } = await import(`${root}/dist/src/stats/random.js`);
const evasion = await import(`${root}/dist/attacks/evasion/index.js`);

export const EPSILON = 0.1;

/** @param threads and batchSize of the engine */
export async function open(file, data, threads, batchSize = 128) {
  const config = {
    file,
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  };
  const bytes = await readModelFile(file);
  const { samples } = await loadSamples(data, await declareTarget(config, bytes), 0);
  const resources = { threads, batchSize };
  const { target } = await openTarget(config, bytes, take(samples, [...Array(64).keys()]).inputs, resources);
  return { target, samples };
}

/** The samples at some positions, as copies. */
export function take({ inputs, labels, indices }, positions) {
  const size = inputs.data.length / inputs.shape[0];
  const data = new Float32Array(positions.length * size);
  positions.forEach((position, i) => data.set(rowOf(inputs.data, position, size), i * size));
  return {
    inputs: { shape: [positions.length, ...inputs.shape.slice(1)], data },
    labels: { width: 1, values: Float64Array.from(positions, (position) => labels.values[position]) },
    indices: positions.map((position) => indices[position]),
  };
}

export function rowOf(data, position, size) {
  return data.subarray(position * size, (position + 1) * size);
}

/**
 * Of the first test images: which the model gets right, and which stand after APGD-CE and APGD-T.
 *
 * @param threads of the engine
 */
export async function accuracyOf(file, evaluated, threads) {
  const { target, samples } = await open(
    file,
    {
      inputs: `${root}/fixtures/data/fashion-test-images.idx3-ubyte.gz`,
      labels: `${root}/fixtures/data/fashion-test-labels.idx1-ubyte.gz`,
      scale: 1 / 255,
    },
    threads,
  );
  const first = take(samples, [...Array(evaluated).keys()]);
  const untargeted = await fatesUnder('apgd', 'runApgd', target, first);
  const standing = [...first.indices.keys()].filter((i) => untargeted[i] === 'survived');
  // A sample is drawn from a stream of its own, so that what is already broken can be left out.
  const targeted = standing.length === 0 ? [] : await fatesUnder('apgdT', 'runApgdT', target, take(first, standing));
  await target.dispose();
  const stands = new Set(standing.filter((_, i) => targeted[i] === 'survived'));
  return {
    clean: untargeted.filter((fate) => fate !== 'misclassified').length / evaluated,
    robust: stands.size / evaluated,
    robustOf: (label) =>
      shareOf(
        [...first.indices.keys()].filter((i) => first.labels.values[i] === label),
        stands,
      ),
  };
}

async function fatesUnder(attack, run, target, samples) {
  const place = { code: 'config', file: 'bench/fashion.mjs', path: [attack] };
  const options = check(evasion[attack].plugin.options, { norm: 'Linf', epsilons: EPSILON }, place);
  const { epsilons } = await evasion[run](target, samples, options, randomStreams(0, 'bench'));
  return epsilons[0].outcomes.map(({ fate }) => fate);
}

function shareOf(positions, stands) {
  return positions.filter((position) => stands.has(position)).length / positions.length;
}
