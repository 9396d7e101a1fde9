import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointsIn } from './checkpoints.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-steps-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const VALUE = { json: { done: 256 }, arrays: { best: Float32Array.of(0.5, NaN) } };
const stepFiles = () => readdirSync(join(folder, 'steps')).map((name) => join(folder, 'steps', name));

test('what was kept is recalled, by a later process too', () => {
  checkpointsIn(folder).keep('rows 0 to 255', VALUE);
  expect(checkpointsIn(folder).recall('rows 0 to 255')).toEqual(VALUE);
  expect(checkpointsIn(folder).recall('rows 256 to 511')).toBeNull();
});

test('a name from a plugin names no path', () => {
  checkpointsIn(folder).keep('../../../etc/passwd', VALUE);
  expect(readdirSync(folder)).toEqual(['steps']);
  expect(checkpointsIn(folder).recall('../../../etc/passwd')).toEqual(VALUE);
});

test('a torn or changed step is as if it had not been written', () => {
  const steps = checkpointsIn(folder);
  for (const spoil of [
    (file: string) => truncateSync(file, readFileSync(file).length - 1),
    (file: string) => truncateSync(file, 0),
    (file: string) => writeFileSync(file, readFileSync(file).fill(0, 60, 61)),
  ]) {
    steps.keep('a', VALUE);
    stepFiles().forEach(spoil);
    expect(steps.recall('a')).toBeNull();
  }
});

test('a step that was moved under another name is not believed', () => {
  const steps = checkpointsIn(folder);
  steps.keep('a', VALUE);
  const [first = ''] = stepFiles();
  const bytes = readFileSync(first);
  rmSync(first);
  steps.keep('b', VALUE);
  const [second = ''] = stepFiles();
  writeFileSync(second, bytes);
  expect(steps.recall('b')).toBeNull();
});

test('refuses numbers that JSON would change, so that a resumed run computes with the same', () => {
  expect(() => checkpointsIn(folder).keep('a', { json: { loss: NaN }, arrays: {} })).toThrow('`a.loss` is NaN');
});

test('removing leaves the rest of the cell alone and is no error twice', () => {
  const steps = checkpointsIn(folder);
  steps.keep('a', VALUE);
  writeFileSync(join(folder, 'evidence.json'), '{}');
  steps.remove();
  steps.remove();
  expect(existsSync(join(folder, 'steps'))).toBe(false);
  expect(readdirSync(folder)).toEqual(['evidence.json']);
});
