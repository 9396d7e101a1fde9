// What benchmarks of whole models against PyTorch have in common: settings, pairs of timings taken in turn, and the largest memory of
// a process that does nothing else.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputsOf } from './inputs.mjs';
import { apart, median, startPeer } from './peer.mjs';

const { openOnnxModel } = await import(new URL('../dist/src/engine/index.js', import.meta.url).href);

/** What the command line says. */
export const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    repetitions: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string', default: join(tmpdir(), 'assay-bench') },
    'memory-of': { type: 'string' },
  },
});

/**
 * Prints one line of JSON for each model that the command line names, or for all.
 *
 * @param script the benchmark itself, which is started again to measure memory
 * @param peer of bench/peers
 * @param required what the ratio to each variant of the peer may be at most, by model
 * @param open opens a model: `once` does what is timed
 * @param difference how far a model is from what the peer said when it was ready, as fields of the line
 */
export async function benchmark({ script, peer, required, open, difference }) {
  if (values['memory-of'] !== undefined) {
    const own = await open(values['memory-of']);
    for (let i = 0; i < 3; i++) await own.once();
    process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
    return;
  }
  for (const model of positionals.length === 0 ? Object.keys(required) : positionals) {
    process.stdout.write(`${JSON.stringify(await compare(model))}\n`);
  }

  async function compare(model) {
    const variants = Object.keys(required[model]);
    const peers = {};
    for (const variant of variants) peers[variant] = await startPeer(values.python, peer, settings(model, variant));
    const own = await open(model);
    const differences = await difference(own, peers.eager.ready);
    const count = Math.max(1, Math.ceil(0.5 / (await peers.eager.run(3))));
    const rows = [];
    for (let i = 0; i < Number(values.repetitions); i++) {
      const row = { assay: await apart(() => secondsOf(own, count)) };
      for (const variant of variants) row[variant] = await apart(() => peers[variant].run(count));
      rows.push(row);
    }
    await own.dispose();
    for (const variant of variants) peers[variant].stop();
    return {
      model,
      seconds: Object.fromEntries(['assay', ...variants].map((key) => [key, round(median(rows.map((r) => r[key])))])),
      ratio: Object.fromEntries(variants.map((key) => [key, round(median(rows.map((r) => r.assay / r[key])))])),
      required: required[model],
      ratioOfMemory: round(memoryOf(model) / (await memoryOfPeer(model))),
      ...differences,
    };
  }

  function memoryOf(model) {
    const args = [fileURLToPath(script), '--memory-of', model, '--folder', values.folder, '--threads', values.threads];
    return Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout);
  }

  /** In a process of its own: exporting takes more memory than what is timed. */
  async function memoryOfPeer(model) {
    const alone = await startPeer(values.python, peer, settings(model, 'eager'));
    await alone.run(1);
    const { bytes } = await alone.ask('memory');
    alone.stop();
    return bytes;
  }
}

/** A model that a peer exported, with the facts and inputs that it has there. */
export async function openExported(name) {
  const facts = JSON.parse(readFileSync(join(values.folder, `${name}.json`), 'utf8'));
  const file = `${name}.onnx`;
  const opened = await openOnnxModel(
    { main: file, files: new Map([[file, readFileSync(join(values.folder, file))]]) },
    {
      head: 'classes',
      output: null,
      normalization: { axis: 0, mean: [0], std: [1] },
      probe: inputsOf(facts, 3),
      resources: { threads: Number(values.threads), batchSize: 128 },
    },
  );
  const labels = Float64Array.from({ length: facts.shape[0] }, (_, i) => i % 10);
  return { facts, opened, inputs: inputsOf(facts), loss: { kind: 'cross-entropy', labels } };
}

export function round(value) {
  return Number(value.toPrecision(3));
}

function settings(model, variant) {
  return ['--model', model, '--variant', variant, '--folder', values.folder, '--threads', values.threads];
}

async function secondsOf(own, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) await own.once();
  return (performance.now() - start) / 1000 / count;
}
