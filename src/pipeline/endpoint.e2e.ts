import { BRIEF } from './testing/brief.js';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { assay, onlyRun, start } from './testing/cli.js';
import {
  configFor,
  COST,
  folder,
  ledgerOf,
  NOISE,
  OPENING,
  PLANNING,
  readReport,
  readTimings,
  SAMPLES,
  serving,
  verdictOf,
  waitFor,
} from './testing/endpoint-audits.js';
import { fashionTarget, misbehaving } from './testing/fashion-endpoint.js';
import { isDeep } from '../../test/tier.js';

// The promise about black boxes: an endpoint as bad as they come gives the verdict of the model behind it, is asked for each
// row once, and never for more than its budget.

test('an endpoint that is slow, drops connections and talks rubbish has the verdict of its model', async () => {
  const server = await serving(misbehaving);
  const budget = PLANNING + OPENING + COST;
  const remote = configFor(fashionTarget(server.url, { budget }), {
    audits: { ...NOISE, 'evasion/pgd': { norm: 'Linf', epsilons: [0.1], trust: BRIEF } },
  });
  const local = configFor(undefined);
  const { stderr } = await assay(['audit', remote.config, '--out', remote.out]);
  await assay(['audit', local.config, '--out', local.out, '--quiet']);
  const run = onlyRun(remote.out);
  const [noise, pgd] = readReport(run).findings;
  const [wanted] = readReport(onlyRun(local.out)).findings;
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(verdictOf(noise!)).toEqual(verdictOf(wanted!));
  expect(noise).toMatchObject({ status: 'pass' });
  expect(pgd).toMatchObject({ status: 'inconclusive' });
  expect(pgd?.claim).toContain('needs `gradients` of the target: an endpoint gives answers and no gradients');
  // Each row was answered once: what the ledger and the cell say is what the server counted.
  const { cells } = readTimings(run);
  expect(server.answered()).toBe(ledgerOf(run));
  expect(server.answered()).toBe(PLANNING + (cells[0]?.traffic?.rows ?? NaN));
  expect(server.answered()).toBeLessThanOrEqual(budget);
  expect(cells[0]?.traffic?.retried).toBeGreaterThan(5);
  expect(server.asked.length).toBeGreaterThan((cells[0]?.traffic?.requests ?? NaN) - 1);
  expect(readReport(run).target).toMatchObject({
    engine: 'http',
    device: 'endpoint',
    capabilities: ['labels', 'scores'],
  });
});

describe('a budget', () => {
  test('that does not suffice is said by the plan, and nothing is asked for the audit', async () => {
    const server = await serving();
    const { config, out } = configFor(fashionTarget(server.url, { budget: PLANNING + OPENING + COST - 1 }));
    const plan = await assay(['plan', config]);
    expect(plan.stdout).toContain(`at most ${PLANNING} rows, of a budget of ${PLANNING + OPENING + COST - 1}`);
    expect(plan.stdout).toContain(`raise \`target.budget\` to ${PLANNING + OPENING + COST}, or audit fewer samples`);
    const { code } = await assay(['audit', config, '--out', out, '--quiet']);
    expect(code).toBe(3);
    expect(server.answered()).toBe(2 * PLANNING);
  });

  if (isDeep) {
    test('that suffices for some cells lets these run', async () => {
      const server = await serving();
      const audits = { 'evasion/noise': [{ ...NOISE['evasion/noise'], draws: 1 }, NOISE['evasion/noise']] };
      const { config, out } = configFor(fashionTarget(server.url, { budget: 700 }), { audits });
      const { code } = await assay(['audit', config, '--out', out, '--quiet', '--workers', '2']);
      expect(code).toBe(2);
      const { findings } = readReport(onlyRun(out));
      expect(findings.map(({ status }) => status)).toEqual(['pass', 'inconclusive']);
      expect(findings[1]?.claim).toContain('of the query budget are left for it: raise `target.budget` to ');
      expect(server.answered()).toBeLessThanOrEqual(700);
    });
  }

  test('holds for a plugin that asks for more than it said, which is inconclusive', async () => {
    const server = await serving();
    const budget = PLANNING + OPENING + SAMPLES + 5;
    const { config, out } = configFor(fashionTarget(server.url, { budget }), {
      plugins: [greedyPlugin()],
      audits: { greedy: {} },
    });
    const { code } = await assay(['audit', config, '--out', out, '--allow-code', '--quiet']);
    expect(code).toBe(2);
    const [finding] = readReport(onlyRun(out)).findings;
    expect(finding?.status).toBe('inconclusive');
    expect(finding?.claim).toMatch(
      /100 more rows were to be asked for, and 5 of the query budget of 159 are left\. Raise/,
    );
    expect(server.answered()).toBe(budget - 5);
  });
});

function greedyPlugin(): string {
  const file = join(folder, 'greedy.mjs');
  writeFileSync(
    file,
    `
import { createRequire } from 'node:module';
const { Type } = createRequire(${JSON.stringify(join(packageRoot(), 'package.json'))})('@sinclair/typebox');
export default {
  id: 'greedy', kind: 'probe', area: 'other', title: 'It asks', failureTitle: 'It does not', description: 'd',
  sources: ['s'], severity: 'low', frameworks: {}, needs: ['scores'], data: ['test'], advice: 'a', threat: null,
  options: Type.Object({}), policy: Type.Object({}), presets: { baseline: {}, strict: {}, 'high-risk': {} },
  cost: (samples) => ({ predictions: samples, gradients: 0 }),
  run: async ({ target, test }) => {
    const { inputs } = await test.range(0, test.indices.length);
    for (;;) await target.predict(inputs);
  },
  judge: () => { throw new Error('there is no evidence'); },
  details: () => [],
};`,
  );
  return file;
}

test('Ctrl-C ends an audit of an endpoint that is silent, and leaves no process', async () => {
  const server = await serving((place) => (place > 12 ? () => undefined : undefined));
  const { config, out } = configFor(fashionTarget(server.url, { traffic: { batch: 16, requestSeconds: 600 } }));
  const run = start(['audit', config, '--out', out]);
  await run.said(/\[1\/1\]/);
  await waitFor(() => server.asked.length > 14);
  const begin = performance.now();
  run.signalGroup('SIGINT');
  const { code, stderr } = await run.ended;
  expect(code).toBe(130);
  expect(stderr).toContain('--resume');
  expect(performance.now() - begin).toBeLessThan(5000);
  expect(run.isGroupAlive()).toBe(false);
});

test('an endpoint that is silent from the beginning ends in one sentence', async () => {
  const server = await serving(() => () => undefined);
  const { config, out } = configFor(
    fashionTarget(server.url, { traffic: { requestSeconds: 0.3, retries: 1, backoffSeconds: 0.01 } }),
  );
  const { code, stderr } = await assay(['audit', config, '--out', out]);
  expect(code).toBe(4);
  expect(stderr).toMatch(
    /^assay: 127\.0\.0\.1:\d+\/predict: the endpoint gave no answer that could be used: it did not answer within 0\.3 seconds \(2 attempts\)\.\n$/,
  );
  expect(existsSync(out)).toBe(false);
});

test('labels alone are audited as far as they go, and the report says what more would need', async () => {
  const server = await serving(undefined, { change: (scores) => scores.indexOf(Math.max(...scores)) });
  const { config } = configFor(fashionTarget(server.url, { gives: 'labels' }));
  const plan = await assay(['plan', config]);
  expect(plan.stdout).toContain('It needs `scores` of the target: this endpoint gives labels only');
});

test('the token is in no file of a run and in no message', async () => {
  const TOKEN = 'k9-never-written-7731';
  const env = { ASSAY_E2E_TOKEN: TOKEN };
  let isAngry = false;
  const server = await serving(() =>
    isAngry
      ? ({ headers }, response) =>
          void response.writeHead(400, { 'content-type': 'text/plain' }).end(`no: ${String(headers['authorization'])}`)
      : undefined,
  );
  const target = fashionTarget(server.url, { token: { env: 'ASSAY_E2E_TOKEN' } });
  const { config, out } = configFor(target);
  const { code, stdout, stderr } = await assay(['audit', config, '--out', out], { env });
  expect(code).toBe(0);
  expect(server.asked[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
  isAngry = true;
  const angry = await assay(['audit', config, '--out', join(folder, 'other')], { env: { ...env, ASSAY_DEBUG: '1' } });
  expect(angry.stderr).toContain('status 400: "no: Bearer [token]"');
  for (const text of [stdout, stderr, angry.stdout, angry.stderr]) expect(text).not.toContain(TOKEN);
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name)).includes(TOKEN)).toBe(false);
});
