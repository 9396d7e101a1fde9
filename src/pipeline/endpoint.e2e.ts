import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Finding, Report, Timings } from '#report/report';
import { assay, onlyRun, reportOf, start, writeAuditConfig } from './testing/cli.js';
import {
  fashionTarget,
  misbehaving,
  serveFashion,
  type FashionEndpoint,
  type Mischief,
} from './testing/fashion-endpoint.js';

// The promise about black boxes: an endpoint as bad as they come gives the verdict of the model behind it, is asked for each
// row once, and never for more than its budget.

let folder: string;
const servers: FashionEndpoint[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-endpoint-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const SAMPLES = 100;
const NOISE = { 'evasion/noise': { norm: 'Linf', epsilons: [0.1], draws: 4 } };
/** Of `evasion/noise`: clean twice, four draws, one check at most. */
const COST = SAMPLES * (2 + 4 + 1);
/** Before each cell, and for planning: the same and 4 samples five times and two of them alone. */
const OPENING = 16;
const PLANNING = 16 + 22;

async function serving(
  mischief?: Mischief,
  options: Parameters<typeof serveFashion>[1] = {},
): Promise<FashionEndpoint> {
  const server = await serveFashion(mischief, options);
  servers.push(server);
  return server;
}

/** An audit of a target with these changes; every one in a folder of its own. */
function configFor(target: object | undefined, parts: object = {}): { readonly config: string; readonly out: string } {
  const own = mkdtempSync(join(folder, 'audit-'));
  const config = writeAuditConfig(own, {
    ...(target === undefined ? {} : { target: target as never }),
    data: { test: testData() },
    audits: NOISE,
    ...parts,
  });
  return { config, out: join(own, 'out') };
}

function testData(): Record<string, string | number> {
  const fixture = (path: string) => join(packageRoot(), 'fixtures/data', path);
  return {
    inputs: fixture('fashion-test-images.idx3-ubyte.gz'),
    labels: fixture('fashion-test-labels.idx1-ubyte.gz'),
    scale: 1 / 255,
    sample: SAMPLES,
  };
}

const readReport = (run: string): Report => JSON.parse(reportOf(run).toString()) as Report;
const readTimings = (run: string): Timings => JSON.parse(readFileSync(join(run, 'timings.json'), 'utf8')) as Timings;
const verdictOf = ({ status, claim, measures, signs, reasons }: Finding): object => ({
  status,
  claim,
  measures,
  signs,
  reasons,
});
const ledgerOf = (run: string): number =>
  readFileSync(join(run, 'queries.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + (JSON.parse(line) as { rows: number }).rows, 0);

test('an endpoint that is slow, drops connections and talks rubbish has the verdict of its model', async () => {
  const server = await serving(misbehaving);
  const budget = PLANNING + OPENING + COST;
  const remote = configFor(fashionTarget(server.url, { budget }), {
    audits: { ...NOISE, 'evasion/pgd': { norm: 'Linf', epsilons: [0.1] } },
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

test('batches and concurrency change nothing in the report', async () => {
  const server = await serving();
  const reports: Buffer[] = [];
  for (const traffic of [
    { batch: 1, concurrency: 8 },
    { batch: 50, concurrency: 1 },
  ]) {
    const { config, out } = configFor(fashionTarget(server.url, { traffic }), {
      data: { test: { ...testData(), sample: 100 } },
      audits: { 'evasion/noise': { norm: 'Linf', epsilons: [0.1], draws: 1 } },
    });
    await assay(['audit', config, '--out', out, '--quiet']);
    const { target, ...rest } = readReport(onlyRun(out));
    reports.push(Buffer.from(JSON.stringify({ ...rest, target: { ...target, batch: '' } })));
  }
  expect(reports[0]?.equals(reports[1]!)).toBe(true);
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

  test('is one budget for all that a killed run asked', async () => {
    let isSlow = true;
    const server = await serving((place) =>
      isSlow && place > 12
        ? (_asked, response) => void setTimeout(() => response.destroy(), 60_000).unref()
        : undefined,
    );
    const budget = PLANNING + OPENING + COST;
    const { config, out } = configFor(fashionTarget(server.url, { budget }));
    const run = start(['audit', config, '--out', out]);
    await run.said(/\[1\/1\]/);
    await waitFor(() => server.asked.length > 14);
    run.signalGroup('SIGKILL');
    await run.ended;
    isSlow = false;
    const before = ledgerOf(onlyRun(out));
    const { code, stderr } = await assay(['audit', config, '--out', out, '--resume']);
    const spent = ledgerOf(onlyRun(out));
    expect(before).toBeGreaterThanOrEqual(PLANNING + OPENING + SAMPLES);
    expect(spent).toBeLessThanOrEqual(budget);
    // What the kill cost is missing now: the audit says so, instead of asking for more.
    expect({ code, stderr: /budget/.test(stderr) }).toEqual({ code: 2, stderr: true });
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
  options: Type.Object({}), policy: Type.Object({}), presets: { baseline: {}, strict: {} },
  cost: (samples) => ({ predictions: samples, gradients: 0 }),
  run: async ({ target, test }) => { for (;;) await target.predict(test.inputs); },
  judge: () => { throw new Error('there is no evidence'); },
  details: () => [],
};`,
  );
  return file;
}

async function waitFor(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
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

describe('a run that was interrupted', () => {
  /** Stops while its one cell waits. */
  async function interrupted(server: FashionEndpoint, config: string, out: string): Promise<void> {
    const run = start(['audit', config, '--out', out]);
    await run.said(/\[1\/1\]/);
    await waitFor(() => server.asked.length > 14);
    run.signalGroup('SIGINT');
    await run.ended;
  }

  test('goes on, where the endpoint answers as it did', async () => {
    let isSilent = true;
    const server = await serving((place) => (isSilent && place > 12 ? () => undefined : undefined));
    const { config, out } = configFor(fashionTarget(server.url));
    await interrupted(server, config, out);
    isSilent = false;
    const undisturbed = configFor(fashionTarget(server.url));
    expect((await assay(['audit', config, '--out', out, '--resume', '--quiet'])).code).toBe(0);
    expect((await assay(['audit', undisturbed.config, '--out', undisturbed.out, '--quiet'])).code).toBe(0);
    expect(reportOf(onlyRun(out)).equals(reportOf(onlyRun(undisturbed.out)))).toBe(true);
  });

  test('does not go on, where the model behind the endpoint was changed', async () => {
    let isSilent = true;
    const server = await serving((place) => (isSilent && place > 12 ? () => undefined : undefined), {
      change: (scores) => (isSilent ? scores : scores.toReversed()),
    });
    const { config, out } = configFor(fashionTarget(server.url));
    await interrupted(server, config, out);
    isSilent = false;
    const { code, stderr } = await assay(['audit', config, '--out', out, '--resume']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/it does not answer as it did when the run was planned: .* without `--resume`/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
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
  const { code, stdout, stderr } = await assay(['audit', config, '--out', out], env);
  expect(code).toBe(0);
  expect(server.asked[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
  isAngry = true;
  const angry = await assay(['audit', config, '--out', join(folder, 'other')], { ...env, ASSAY_DEBUG: '1' });
  expect(angry.stderr).toContain('status 400: "no: Bearer [token]"');
  for (const text of [stdout, stderr, angry.stdout, angry.stderr]) expect(text).not.toContain(TOKEN);
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name)).includes(TOKEN)).toBe(false);
});

describe('TLS', () => {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  /** An authority, and a certificate of its for 127.0.0.1. */
  function certificates(name: string): { readonly ca: string; readonly key: string; readonly cert: string } {
    const own = join(folder, 'tls');
    mkdirSync(own, { recursive: true });
    const path = (file: string) => join(own, file);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: own, stdio: 'ignore' });
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      'server.key',
      '-out',
      'server.csr',
    );
    writeFileSync(path('names.txt'), `subjectAltName=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names.txt',
      '-out',
      'server.pem',
    );
    return {
      ca: path('ca.pem'),
      key: readFileSync(path('server.key'), 'utf8'),
      cert: readFileSync(path('server.pem'), 'utf8'),
    };
  }

  const few = {
    data: { test: { ...testData(), sample: 100 } },
    audits: { 'evasion/noise': { norm: 'Linf', epsilons: [0.05], draws: 1 } },
  };

  const run = hasOpenssl ? test : test.skip;
  if (!hasOpenssl) console.warn('skipped: certificates are made with openssl, which is not installed');

  run('is checked against the authority that the config names, and against those of Node without one', async () => {
    const { ca, key, cert } = certificates('IP:127.0.0.1');
    const server = await serving(undefined, { secure: { key, cert } });
    const trusted = configFor(fashionTarget(server.url, { ca }), few);
    expect(await assay(['plan', trusted.config])).toMatchObject({ code: 0, stderr: '' });
    const before = server.asked.length;
    const unknown = configFor(fashionTarget(server.url), few);
    // Nothing in the environment switches the check off.
    const { code, stderr } = await assay(['plan', unknown.config], { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /its certificate is not trusted \(\w+\)\. If an authority of your own signed it, name that in `target\.ca`/,
    );
    expect(server.asked).toHaveLength(before);
  });

  run('for another name is refused', async () => {
    const { ca, key, cert } = certificates('DNS:models.example');
    const server = await serving(undefined, { secure: { key, cert } });
    const { config } = configFor(fashionTarget(server.url, { ca }), few);
    const { code, stderr } = await assay(['plan', config]);
    expect({ code, refused: stderr.includes('ERR_TLS_CERT_ALTNAME_INVALID') }).toEqual({ code: 4, refused: true });
    expect(server.asked).toHaveLength(0);
  });

  test('with a file that is no certificate is refused before anything is asked', async () => {
    const server = await serving();
    const ca = join(folder, 'no.pem');
    writeFileSync(ca, 'not a certificate');
    const { config } = configFor(fashionTarget(server.url, { ca }), few);
    const { code, stderr } = await assay(['plan', config]);
    expect(code).toBe(4);
    expect(stderr).toContain('no.pem: the file of `target.ca` holds no certificate');
    expect(server.asked).toHaveLength(0);
  });
});
