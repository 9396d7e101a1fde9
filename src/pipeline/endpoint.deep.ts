import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assay, onlyRun, reportOf, start } from './testing/cli.js';
import {
  COST,
  PLANNING,
  OPENING,
  SAMPLES,
  configFor,
  folder,
  ledgerOf,
  readReport,
  serving,
  testData,
  waitFor,
} from './testing/endpoint-audits.js';
import { fashionTarget, type FashionEndpoint } from './testing/fashion-endpoint.js';
import './endpoint.e2e.js';

// What takes long about endpoints: runs that are interrupted, and certificates.

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
  if (!hasOpenssl) process.stderr.write('skipped: certificates are made with openssl, which is not installed\n');

  run('is checked against the authority that the config names, and against those of Node without one', async () => {
    const { ca, key, cert } = certificates('IP:127.0.0.1');
    const server = await serving(undefined, { secure: { key, cert } });
    const trusted = configFor(fashionTarget(server.url, { ca }), few);
    expect(await assay(['plan', trusted.config])).toMatchObject({ code: 0, stderr: '' });
    const before = server.asked.length;
    const unknown = configFor(fashionTarget(server.url), few);
    // Nothing in the environment switches the check off.
    const { code, stderr } = await assay(['plan', unknown.config], { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
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
