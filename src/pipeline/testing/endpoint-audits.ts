import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Finding, Report, Timings } from '#report/report';
import { reportOf, writeAuditConfig } from './cli.js';
import { serveFashion, type FashionEndpoint, type Mischief } from './fashion-endpoint.js';

// Audits of endpoints in the test files that import this: each test has a folder and servers of its own.

export let folder: string;
const servers: FashionEndpoint[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-endpoint-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

export const SAMPLES = 100;
export const NOISE = { 'evasion/noise': { norm: 'Linf', epsilons: [0.1], draws: 4 } };
/** Of `evasion/noise`: clean twice, four draws, one check at most. */
export const COST = SAMPLES * (2 + 4 + 1);
/** Before each cell, and for planning: the same and 4 samples five times and two of them alone. */
export const OPENING = 16;
export const PLANNING = 16 + 22;

export async function serving(
  mischief?: Mischief,
  options: Parameters<typeof serveFashion>[1] = {},
): Promise<FashionEndpoint> {
  const server = await serveFashion(mischief, options);
  servers.push(server);
  return server;
}

/** An audit of a target with these changes; every one in a folder of its own. */
export function configFor(
  target: object | undefined,
  parts: object = {},
): { readonly config: string; readonly out: string } {
  const own = mkdtempSync(join(folder, 'audit-'));
  const config = writeAuditConfig(own, {
    ...(target === undefined ? {} : { target: target as never }),
    data: { test: testData() },
    audits: NOISE,
    ...parts,
  });
  return { config, out: join(own, 'out') };
}

export function testData(): Record<string, string | number> {
  const fixture = (path: string) => join(packageRoot(), 'fixtures/data', path);
  return {
    inputs: fixture('fashion-test-images.idx3-ubyte.gz'),
    labels: fixture('fashion-test-labels.idx1-ubyte.gz'),
    scale: 1 / 255,
    sample: SAMPLES,
  };
}

export const readReport = (run: string): Report => JSON.parse(reportOf(run).toString()) as Report;
export const readTimings = (run: string): Timings =>
  JSON.parse(readFileSync(join(run, 'timings.json'), 'utf8')) as Timings;
export const verdictOf = ({ status, claim, measures, signs, reasons }: Finding): object => ({
  status,
  claim,
  measures,
  signs,
  reasons,
});
export const ledgerOf = (run: string): number =>
  readFileSync(join(run, 'queries.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + (JSON.parse(line) as { rows: number }).rows, 0);

export async function waitFor(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
