// Writing the reports of a run with 10,000 findings, each format in a process of its own: seconds and the peak of its memory,
// beside a calibration of the same machine (SHA-256 of 256 MiB, a sort of 10 million integers). The page has to take less than
// 5 s and 1 GB.
//
//   node bench/report.mjs [html sarif ...] [--findings 10000] [--repetitions 3]
import { Buffer } from 'node:buffer';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { calibration } from './calibration.mjs';

/** What the page may take. */
const MOST_SECONDS = 5;
const MOST_BYTES = 1e9;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    findings: { type: 'string', default: '10000' },
    repetitions: { type: 'string', default: '3' },
    one: { type: 'string' },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const { reporters } = await import(`${root}/dist/reports/index.js`);
const { largeReport } = await import(`${root}/dist/reports/testing/reports.js`);

if (values.one === undefined) await all();
else await one(values.one);

async function all() {
  process.stdout.write(`${JSON.stringify({ calibration: calibration() })}\n`);
  for (const id of positionals.length === 0 ? reporters.map((reporter) => reporter.id) : positionals) {
    const runs = [];
    for (let i = 0; i < Number(values.repetitions); i++) runs.push(await inProcess(id));
    const [median] = runs.toSorted((a, b) => a.seconds - b.seconds).slice(Math.floor(runs.length / 2));
    const held = id !== 'html' || (median.seconds < MOST_SECONDS && median.peakBytes < MOST_BYTES);
    process.stdout.write(`${JSON.stringify({ format: id, findings: Number(values.findings), ...median, held })}\n`);
  }
}

/** A report is made first, and is not timed. */
async function one(id) {
  const input = largeReport(Number(values.findings), 0);
  const reporter = reporters.find((each) => each.id === id);
  const begin = performance.now();
  const text = await reporter.render(input);
  const seconds = (performance.now() - begin) / 1000;
  process.send({ seconds, bytes: Buffer.byteLength(text), peakBytes: 1024 * process.resourceUsage().maxRSS });
}

function inProcess(id) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--one', id, '--findings', values.findings]);
    child.once('message', resolve);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${id} ended with exit code ${code}`)));
  });
}
