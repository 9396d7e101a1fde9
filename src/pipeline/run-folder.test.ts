import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { digestOfBytes, type Digest } from '#base/digest';
import { Journal } from './journal.js';
import { RUN_VERSION, type PlanFile } from './records.js';
import { cellFolderName, checkResumable, createRunFolder, findUnfinished, readPlan } from './run-folder.js';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'assay-runs-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const ONE = digestOfBytes('one');
const OTHER = digestOfBytes('other');
const planOf = (digest: Digest): PlanFile => ({
  version: RUN_VERSION,
  tool: { name: 'assay', version: '0.1.0' },
  versions: {},
  plan: { cells: [], target: null, data: [], seed: 0, digest },
});
const at = (minute: number) => new Date(Date.UTC(2026, 10, 25, 4, minute, 5));
const finish = (folder: string) => {
  const journal = Journal.open(folder);
  journal.append({ kind: 'finished', at: at(0).toISOString() });
  journal.close();
};

test('a run folder is named by time and plan, and never used twice', () => {
  const names = [1, 2, 3].map(() => basename(createRunFolder(out, planOf(ONE), at(3))));
  const name = `2026-11-25T04-03-05Z-${ONE.slice(0, 8)}`;
  expect(names).toEqual([name, `${name}-2`, `${name}-3`]);
});

test('makes the folder above it', () => {
  expect(readPlan(createRunFolder(join(out, 'a/b'), planOf(ONE), at(0)))).toEqual(planOf(ONE));
});

test('the newest unfinished run of the same plan is found', () => {
  const older = createRunFolder(out, planOf(ONE), at(1));
  const newer = createRunFolder(out, planOf(ONE), at(2));
  createRunFolder(out, planOf(OTHER), at(3));
  // A run that was killed before its plan was written, and what others keep here.
  mkdirSync(join(out, `2026-11-25T04-09-00Z-${ONE.slice(0, 8)}`));
  writeFileSync(join(out, 'notes.txt'), '');
  expect(findUnfinished(out, ONE)).toBe(newer);
  finish(newer);
  expect(findUnfinished(out, ONE)).toBe(older);
  finish(older);
  expect(findUnfinished(out, ONE)).toBeNull();
  expect(findUnfinished(join(out, 'nowhere'), ONE)).toBeNull();
});

test('a folder of another plan is not gone on with', () => {
  const folder = createRunFolder(out, planOf(ONE), at(0));
  expect(checkResumable(folder, ONE)).toBe(folder);
  expect(() => checkResumable(folder, OTHER)).toThrow('planned from another target');
});

describe('a folder that cannot be read is one sentence', () => {
  const spoil = (change: (plan: Record<string, unknown>) => unknown): string => {
    const folder = createRunFolder(out, planOf(ONE), at(0));
    const path = join(folder, 'plan.json');
    const plan = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const changed = change(plan);
    writeFileSync(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
    return folder;
  };

  test('no run at all', () => {
    expect(() => readPlan(out)).toThrow(`${out}: this is not a run folder: it has no plan.json.`);
    expect(() => readPlan(join(out, 'nowhere'))).toThrow('not a run folder');
  });
  test('another version', () => {
    expect(() => readPlan(spoil((plan) => ({ ...plan, version: 3 })))).toThrow('has the format 3');
  });
  test('damaged', () => {
    expect(() => readPlan(spoil(() => '{"version": 2, '))).toThrow('the file is damaged: it is not JSON');
    expect(() => readPlan(spoil(() => 'null'))).toThrow('the file is damaged');
    expect(() => readPlan(spoil((plan) => ({ ...plan, plan: {} })))).toThrow('the file is damaged');
  });
});

test('the folder of a cell is named by its plugin and its content, whatever the plugin is called', () => {
  expect(cellFolderName({ audit: 'evasion/pgd', id: ONE })).toBe(`evasion-pgd-${ONE.slice(0, 16)}`);
  expect(cellFolderName({ audit: '@scope/plugin/../../x', id: ONE })).toBe(`scope-plugin-x-${ONE.slice(0, 16)}`);
});
