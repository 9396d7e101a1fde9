import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, ReportInput } from '#plugin/plugin';
import type { Report, Timings } from '#report/report';
import { renderRun, reportInput, writeProjections } from './render.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-render-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const input = (): ReportInput => reportInput(folder, { provenance: { language: 'en' } } as Report, {} as Timings);
const reporter = (file: string, render: () => unknown = () => 'text'): Reporter => ({
  id: `reports/${file}`,
  file,
  description: '',
  render: render as () => string,
});

test('a reporter that fails is a sentence, and keeps no other from writing', async () => {
  const { files, failures } = await writeProjections(
    folder,
    [
      reporter('a.md', () => {
        throw new Error('no template.');
      }),
      reporter('b.md', () => undefined),
      reporter('c.md', () => Promise.reject(new Error('late'))),
      reporter('e.md', () => Promise.resolve('in its time')),
      reporter('d.md'),
    ],
    input(),
  );
  expect(files).toEqual([join(folder, 'e.md'), join(folder, 'd.md')]);
  expect(readFileSync(join(folder, 'd.md'), 'utf8')).toBe('text');
  expect(failures.map(({ message }) => message)).toEqual([
    'a.md: the reporter reports/a.md failed: no template.',
    'b.md: the reporter reports/b.md failed: it gave no text.',
    'c.md: the reporter reports/c.md failed: late.',
  ]);
});

test.each(['../out.md', '/tmp/out.md', '.', ''])('a reporter cannot write to %j', async (file) => {
  const { files, failures } = await writeProjections(folder, [reporter(file)], input());
  expect(files).toEqual([]);
  expect(failures).toHaveLength(1);
});

test('a projection never takes the place of the report', async () => {
  expect(await writeProjections(folder, [reporter('report.json')], input())).toEqual({ files: [], failures: [] });
  expect(existsSync(join(folder, 'report.json'))).toBe(false);
});

test('reporters read files of the run folder and no others', () => {
  mkdirSync(join(folder, 'counterexamples'));
  writeFileSync(join(folder, 'counterexamples/a.png'), 'picture');
  const readFile = (path: string) => input().readFile(path);
  expect(Buffer.from(readFile('counterexamples/a.png') ?? '').toString()).toBe('picture');
  for (const path of [
    'counterexamples/b.png',
    '../secret',
    '/etc/passwd',
    'counterexamples/../../secret',
    'counterexamples',
    '',
  ]) {
    expect(readFile(path)).toBeNull();
  }
});

test('what is no finished run is said in one sentence', async () => {
  await expect(renderRun(folder, [])).rejects.toThrow(/there is no report\.json in it\. Name the folder of a run/);
  await expect(renderRun(join(folder, 'nowhere'), [])).rejects.toMatchObject({ code: 'usage' });
  writeFileSync(join(folder, 'report.json'), '{"version": 1');
  await expect(renderRun(folder, [])).rejects.toMatchObject({
    code: 'run',
    what: expect.stringContaining('damaged') as string,
  });
  writeFileSync(join(folder, 'report.json'), '{"version": 2}');
  await expect(renderRun(folder, [])).rejects.toMatchObject({ code: 'run' });
});
