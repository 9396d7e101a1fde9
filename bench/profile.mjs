// Where the time of one input gradient goes, by ONNX Runtime's own profiler, as a table of operators.
//
//   node bench/profile.mjs <model of bench/gradients.mjs> [--samples 8] [--threads 2] [--folder /tmp/assay-bench]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputsOf } from './inputs.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string', default: join(tmpdir(), 'assay-bench') },
  },
});
const root = fileURLToPath(new URL('../dist/src/engine/onnx', import.meta.url));
const { readFileModel } = await import(`${root}/model.js`);
const { prepareGraph, preparedFeeds } = await import(`${root}/prepare.js`);
const { gradientGraph } = await import(`${root}/gradient-graph.js`);
const { lossFeeds } = await import(`${root}/losses/feeds.js`);
const { onnxRuntime } = await import(`${root}/devices/runtime.js`);
const { encodeModelParts } = await import(`${root}/proto/codec.js`);

const ort = onnxRuntime();
const RUNS = 5;
const [model = 'bert_base'] = positionals;
const facts = JSON.parse(readFileSync(join(values.folder, `${model}.json`), 'utf8'));
const samples = Number(values.samples);
const main = `${model}.onnx`;
const files = new Map([[main, readFileSync(join(values.folder, main))]]);
const file = readFileModel({ main, files }, { input: null, output: null });
const given = inputsOf(facts, samples);
const inputs = given instanceof Map ? given : new Map([[file.input.name, given]]);
const spec = {
  head: 'classes',
  output: null,
  normalization: { axis: 0, mean: [0], std: [1] },
  probe: inputs,
  resources: { threads: Number(values.threads), batchSize: samples },
};
const prepared = await prepareGraph(
  { file, written: file.graph, spec, probe: inputs, head: { scale: 'logits', width: facts.classes } },
  'inference',
);
const compiled = gradientGraph(prepared, 'classes', { kind: 'cross-entropy' });
const loss = { kind: 'cross-entropy', labels: Float64Array.from({ length: samples }, (_, i) => i % 10) };
const range = { samples, start: 0, end: samples, rows: samples };
const runtimeFeeds = { ...preparedFeeds(file, inputs), ...lossFeeds(compiled.feeds, loss, range, prepared.width) };
const feeds = Object.fromEntries(
  Object.entries(runtimeFeeds).map(([name, { type, data, shape }]) => [name, new ort.Tensor(type, data, shape)]),
);

const folder = mkdtempSync(join(tmpdir(), 'assay-profile-'));
const { model: bytes, data } = encodeModelParts(compiled.graph);
const session = await ort.InferenceSession.create(bytes, {
  executionProviders: ['cpu'],
  intraOpNumThreads: spec.resources.threads,
  externalData: [...data].map(([path, content]) => ({ path, data: content })),
  enableProfiling: true,
  profileFilePrefix: join(folder, 'profile'),
});
for (let run = 0; run < RUNS; run++) await session.run(feeds);
session.endProfiling();
const [name] = readdirSync(folder);
const events = JSON.parse(readFileSync(join(folder, name), 'utf8'));
rmSync(folder, { recursive: true });

const kernels = events.filter((event) => event.cat === 'Node' && event.name.endsWith('kernel_time'));
const byOperator = grouped(kernels);
const total = kernels.reduce((sum, event) => sum + event.dur, 0);
process.stdout.write(`${model}, ${samples} samples: ${(total / RUNS / 1000).toFixed(0)} ms in kernels\n\n`);
process.stdout.write('| operator | nodes | ms | share |\n| --- | --- | --- | --- |\n');
const rows = [...byOperator].map(([op, own]) => [
  op,
  own.length / RUNS,
  own.reduce((sum, event) => sum + event.dur, 0),
]);
for (const [op, nodes, time] of rows.sort((a, b) => b[2] - a[2]).slice(0, 12)) {
  process.stdout.write(
    `| ${op} | ${nodes} | ${(time / RUNS / 1000).toFixed(1)} | ${((100 * time) / total).toFixed(1)} % |\n`,
  );
}

function grouped(all) {
  const groups = new Map();
  for (const event of all) groups.set(event.args.op_name, [...(groups.get(event.args.op_name) ?? []), event]);
  return groups;
}
