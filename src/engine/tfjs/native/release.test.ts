import { readFileSync } from 'node:fs';
import { releaseFor } from './release.js';

const [cpu, gpu] = [releaseFor(false, 'linux-x64'), releaseFor(true, 'linux-x64')];

test('every wheel has an exact version and hashes, TensorFlow first', () => {
  const requirements = [cpu, gpu].map((release) =>
    readFileSync(release?.requirements ?? '', 'utf8')
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
  for (const line of requirements.flat()) expect(line).toMatch(/^[\w-]+==[\d.]+( +--hash=sha256:[\da-f]{64})+$/);
  expect(requirements.map((lines) => lines[0]?.split(' ')[0])).toEqual([
    'tensorflow-cpu==2.21.0',
    'tensorflow==2.21.0',
  ]);
  expect(requirements.map((lines) => lines.length)).toEqual([1, 12]);
});

test('every package of npm has an exact version and a hash, and the binding comes first', () => {
  const packages = [cpu, gpu].map((release) => release?.packages ?? []);
  for (const { version, integrity } of packages.flat()) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Buffer.from(integrity.replace(/^sha512-/, ''), 'base64')).toHaveLength(64);
  }
  expect(packages.map(([first]) => first?.name)).toEqual(['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu']);
});

test('other machines have no release', () => {
  for (const platform of ['darwin-arm64', 'win32-x64', 'linux-arm64']) expect(releaseFor(false, platform)).toBeNull();
});
