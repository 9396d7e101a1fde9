// What check.sh runs: every device beside the CPU against the CPU, as JSON. See README.md.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkAttack } from './attack.mjs';
import { checkConformance } from './conformance.mjs';
import { checkDemo } from './demo.mjs';
import { graphicsDriver } from './driver.mjs';
import { assay, OPERATOR_FAMILIES } from './product.mjs';

/** As those of the product: all holds, something does not, nothing was checked. */
const EXIT = { passed: 0, failed: 1, nothing: 3 };

const FULL = {
  families: OPERATOR_FAMILIES,
  cases: 'all',
  models: ['fashion-mlp', 'fashion-cnn'],
  attack: 'fashion-cnn-robust',
  images: 1000,
  repetitions: 3,
  demo: [],
};
/** A program that plays a GPU takes seconds for a convolution. */
const BRIEF = {
  families: ['convolution'],
  cases: 'chosen',
  models: ['fashion-mlp'],
  attack: 'fashion-mlp',
  images: 32,
  repetitions: 1,
  // Attacks along gradients are compared above; their examination takes a program that stands in for a GPU many minutes.
  demo: ['--only', 'evasion/noise', '--sample', '32'],
};

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'assay-gpu.json' },
    python: { type: 'string', default: 'python3' },
    brief: { type: 'boolean', default: false },
  },
});
const extent = values.brief ? BRIEF : FULL;

const { version, machine, runtime, devices } = await assay(['doctor', '--json']);
const found = devices.filter(({ device, works }) => device !== 'cpu' && works);
for (const { device, because, mend } of devices.filter(({ works }) => !works)) say(device, `${because}. ${mend ?? ''}`);

const checked = [];
for (const proof of found) checked.push(await checkDevice(proof));

const result = {
  at: new Date().toISOString(),
  assay: version,
  onnxruntime: runtime,
  machine,
  driver: graphicsDriver(),
  extent,
  devices: checked,
  notFound: devices.filter(({ works }) => !works),
  passed: checked.length > 0 && checked.every(({ passed }) => passed),
};
writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${values.out}: ${checked.length === 0 ? 'no GPU found' : result.passed ? 'passed' : 'FAILED'}\n`);
process.exitCode = result.passed ? EXIT.passed : checked.length === 0 ? EXIT.nothing : EXIT.failed;

async function checkDevice(proof) {
  const { device } = proof;
  say(device, proof.adapter ?? 'found');
  const parts = {
    conformance: await attempt(() => checkConformance(device, extent, (line) => say(device, line))),
    attack: await attempt(() => checkAttack(device, extent, values.python)),
    demo: await attempt(() => checkDemo(device, extent.demo)),
  };
  for (const [name, { passed, summary }] of Object.entries(parts)) {
    say(device, `${passed ? 'passed' : 'FAILED'}: ${name}: ${summary}`);
  }
  return { ...proof, ...parts, passed: Object.values(parts).every(({ passed }) => passed) };
}

/** A part that could not come to its end has failed, and the others go on. */
async function attempt(part) {
  try {
    return await part();
  } catch (error) {
    return { passed: false, summary: error.message };
  }
}

function say(device, line) {
  process.stderr.write(`${device}: ${line}\n`);
}
