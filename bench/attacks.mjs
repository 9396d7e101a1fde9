// Assay's attacks against those of torchattacks, Foolbox and ART on the fixture CNNs, in one run: robust accuracy and time.
//
//   node bench/attacks.mjs [--python python3] [--images 1000] [--seeds 3] [--only apgd,square] [--model fashion-cnn] [--json]
//
// The rows are bench/peers/attacks.json. Whatever either side finds is judged by the same PyTorch model: within the ball
// and the domain, and wrong. Required: deterministic attacks leave at most 0.2 points more samples standing than each
// reference; random ones are not worse by McNemar's test, one-sided, alpha .01. Its unit is the sample: it is lost
// where Assay leaves it standing for more of the seeds than the reference does, and won the other way round, so that
// seeds, which agree on most samples, do not count as independent. `timeAtMost` is of the fastest reference's time, the
// median over rounds that were taken in turn. Ends with 1 where one of this is missed.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apart, median, startPeer } from './peer.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    images: { type: 'string', default: '1000' },
    seeds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    model: { type: 'string', multiple: true, default: ['fashion-cnn', 'fashion-cnn-robust'] },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const images = Number(values.images);
const rounds = [...Array(Number(values.seeds)).keys()];
const POINTS = 0.002;
const ALPHA = 0.01;
const WARM_UP = 16;

const { openTarget } = await import(`${root}/dist/src/target/open.js`);
const { readModelFile } = await import(`${root}/dist/src/target/read-model.js`);
const { loadSamples } = await import(`${root}/dist/src/data/load-samples.js`);
const { declareTarget } = await import(`${root}/dist/src/target/declare.js`);
const { check } = await import(`${root}/dist/src/config/validate.js`);
const { randomStreams } = await import(`${root}/dist/src/stats/random.js`);
const { mcnemarOneSided } = await import(`${root}/dist/src/stats/tests.js`);
const evasion = await import(`${root}/dist/attacks/evasion/index.js`);

const table = JSON.parse(readFileSync(`${root}/bench/peers/attacks.json`, 'utf8')).comparisons;
const only = values.only.split(',').filter((start) => start !== '');
const rows = only.length === 0 ? table : table.filter(({ name }) => only.some((start) => name.startsWith(start)));

async function openModel(model) {
  const config = {
    file: `${root}/fixtures/models/${model}.onnx`,
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  };
  const data = {
    inputs: `${root}/fixtures/data/fashion-test-images.idx3-ubyte.gz`,
    labels: `${root}/fixtures/data/fashion-test-labels.idx1-ubyte.gz`,
    scale: 1 / 255,
  };
  const bytes = await readModelFile(config.file);
  const { samples } = await loadSamples(data, await declareTarget(config, bytes), 0);
  const probe = first(samples, 64).inputs;
  const resources = { threads: Number(values.threads), batchSize: 128 };
  const { target } = await openTarget(config, bytes, probe, resources);
  return { model, target, samples: first(samples, images) };
}

function first({ inputs, labels, indices }, count) {
  const size = inputs.data.length / inputs.shape[0];
  return {
    inputs: { shape: [count, ...inputs.shape.slice(1)], data: inputs.data.subarray(0, count * size) },
    labels: { width: labels.width, values: labels.values.slice(0, count * labels.width) },
    indices: indices.slice(0, count),
  };
}

/** The attack of a row, out of the index; null where the index has none. */
function attackOf({ run, attack }) {
  return evasion[run] === undefined
    ? null
    : { run: evasion.sideBySide(evasion[run]), schema: evasion[attack].plugin.options };
}

/** One run of Assay's attack: its time, and which samples stand, as PyTorch judges the inputs that it found. */
async function ownRound({ row, attack, options, opened }, seed) {
  const start = performance.now();
  const result = await attack.run(opened.target, opened.samples, options, randomStreams(seed, 'bench'));
  const seconds = (performance.now() - start) / 1000;
  const { inputs, outcomes } = result.epsilons[0];
  const bytes = Buffer.from(inputs.data.buffer, inputs.data.byteOffset, inputs.data.byteLength);
  const { robust } = await ask({ check: row.name, model: opened.model, images, inputs: bytes.toString('base64') });
  const claimed = outcomes.map(({ fate }) => (fate === 'survived' ? '1' : '0')).join('');
  return { seconds, robust, denied: countWhere(robust, claimed, (stands, claim) => stands > claim) };
}

function countWhere(a, b, isSo) {
  return [...a].filter((value, i) => isSo(value, b[i])).length;
}

const accuracyOf = (runs) => runs.reduce((sum, { robust }) => sum + standing(robust), 0) / runs.length / images;
const standing = (robust) => [...robust].filter((bit) => bit === '1').length;

/** For each sample, in how many of the runs it stands. */
function timesStanding(runs) {
  return Array.from({ length: images }, (_, i) => runs.filter(({ robust }) => robust[i] === '1').length);
}

async function ask(request) {
  const answer = await peer.ask(JSON.stringify(request));
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/** All rounds of a row, in turn: Assay, then each reference. */
async function measure(setting) {
  const { row, opened } = setting;
  const own = [];
  const theirs = row.references.map(() => []);
  await setting.attack.run(opened.target, first(opened.samples, WARM_UP), setting.options, randomStreams(0, 'warm-up'));
  for (const seed of row.random || row.timeAtMost !== undefined ? rounds : [0]) {
    own.push(await apart(() => ownRound(setting, seed)));
    for (const [reference, runs] of theirs.entries()) {
      runs.push(await apart(() => ask({ run: row.name, reference, model: opened.model, images, seed })));
    }
  }
  return { own, theirs };
}

function compare(row, own, runs, { library, class: name }) {
  const [mine, its] = [timesStanding(own), timesStanding(runs)];
  const difference = accuracyOf(own) - accuracyOf(runs);
  const lost = mine.filter((times, i) => times > its[i]).length;
  const won = mine.filter((times, i) => times < its[i]).length;
  const p = mcnemarOneSided(lost, won);
  return {
    reference: `${library} ${name}`,
    robustAccuracy: accuracyOf(runs),
    difference,
    ...{ lost, won, p },
    seconds: median(runs.map(({ seconds }) => seconds)),
    medianSize: runs[0].median,
    holds: row.random ? p >= ALPHA : difference <= POINTS + 1e-9,
  };
}

function report(row, opened, { own, theirs }) {
  const ratio = median(own.map(({ seconds }, i) => seconds / Math.min(...theirs.map((runs) => runs[i].seconds))));
  return {
    ...{ attack: row.name, model: opened.model, norm: row.norm, epsilon: row.epsilons[opened.model] },
    ...{
      random: row.random,
      robustAccuracy: accuracyOf(own),
      denied: own.reduce((sum, { denied }) => sum + denied, 0),
    },
    seconds: median(own.map(({ seconds }) => seconds)),
    ratioToFastest: ratio,
    ...(row.timeAtMost !== undefined && { timeAtMost: row.timeAtMost, inTime: ratio <= row.timeAtMost }),
    references: row.references.map((reference, i) => compare(row, own, theirs[i], reference)),
  };
}

function missedBy({ attack, model, references, timeAtMost, inTime, ratioToFastest, denied }) {
  const where = `${attack} on ${model}`;
  return [
    ...references
      .filter(({ holds }) => !holds)
      .map(
        ({ reference, difference, p }) =>
          `${where}: ${points(difference)} points above ${reference}, p ${p.toFixed(4)}`,
      ),
    ...(inTime === false ? [`${where}: ${ratioToFastest.toFixed(2)} of the fastest, not ${timeAtMost}`] : []),
    ...(denied > 0 ? [`${where}: PyTorch denies ${denied} of the inputs that were found`] : []),
  ];
}

const points = (share) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(2)}`;
const percent = (share) => (100 * share).toFixed(2);

function printHead() {
  const head = [
    'attack',
    'model',
    'epsilon',
    'Assay, %',
    'reference',
    'its, %',
    'points',
    'p',
    'Assay, s',
    'its, s',
    'to fastest',
  ];
  process.stdout.write(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}\n`);
}

function printLines(result) {
  for (const [i, reference] of result.references.entries()) {
    const cells = [
      ...(i === 0 ? [result.attack, result.model, result.epsilon, percent(result.robustAccuracy)] : ['', '', '', '']),
      ...[reference.reference, percent(reference.robustAccuracy), points(reference.difference)],
      ...[result.random ? reference.p.toFixed(3) : '', result.seconds.toFixed(1), reference.seconds.toFixed(1)],
      i === 0 ? result.ratioToFastest.toFixed(2) : '',
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

const peer = await startPeer(values.python, 'attacks_peer.py', ['--threads', values.threads]);
const results = [];
const missed = [];
if (!values.json) printHead();
for (const model of values.model) {
  const opened = await openModel(model);
  for (const row of rows) {
    const attack = attackOf(row);
    if (attack === null) {
      process.stderr.write(`${row.name}: left out, there is no ${row.run}\n`);
      continue;
    }
    const given = { norm: row.norm, epsilons: row.epsilons[model], ...row.options };
    const place = { code: 'config', file: 'bench/peers/attacks.json', path: [row.name, 'options'] };
    try {
      const setting = { row, attack, options: check(attack.schema, given, place), opened };
      const result = report(row, opened, await measure(setting));
      results.push(result);
      missed.push(...missedBy(result));
      if (!values.json) printLines(result);
    } catch (error) {
      missed.push(`${row.name} on ${model}: ${error.message}`);
    }
  }
  await opened.target.dispose();
}
peer.stop();
const settings = { images, seeds: rounds.length, threads: Number(values.threads), torch: peer.ready.torch };
if (values.json) process.stdout.write(`${JSON.stringify({ settings, results, missed }, null, 2)}\n`);
for (const line of missed) process.stderr.write(`missed: ${line}\n`);
process.exitCode = missed.length > 0 ? 1 : 0;
