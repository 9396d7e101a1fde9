import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfJson } from '#base/digest';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { beginFolder, chooseFolder, identityDigest, RECORD, type Identity } from './folder.js';

const NOON = new Date('2026-11-26T12:00:00Z');
const ONE = new Date('2026-11-26T13:00:00Z');
const EVENING = new Date('2026-11-26T20:00:00Z');

const identity: Identity = {
  config: digestOfJson('config'),
  recipe: { method: 'pgd', epsilon: 0.1 },
  audits: { 'evasion/pgd': { epsilons: 0.1 } },
  seed: 7,
  sample: null,
  device: 'auto',
};
const digest = identityDigest(identity);
const other = identityDigest({ ...identity, recipe: { method: 'pgd', epsilon: 0.2 } });

let out: string;
beforeEach(() => (out = temporaryFolder({})));

function begun(of: typeof digest, at: Date): string {
  const folder = chooseFolder(out, of, false, at);
  beginFolder(folder, of, at);
  return folder;
}

test('a new folder is named by time and content, and nothing is written before it is begun', () => {
  const folder = chooseFolder(out, digest, false, NOON);
  expect(folder).toBe(join(out, `harden-2026-11-26T12-00-00Z-${digest.slice(0, 8)}`));
  expect(chooseFolder(out, digest, 'latest', NOON)).toBe(folder);
  beginFolder(folder, digest, NOON);
  expect(chooseFolder(out, digest, false, NOON)).toBe(`${folder}-2`);
});

test('everything that decides the new model decides the digest', () => {
  const changes: Partial<Identity>[] = [
    { config: digestOfJson('other') },
    { recipe: { method: 'trades', epsilon: 0.1 } },
    { audits: {} },
    { seed: 8 },
    { sample: 10 },
    { device: 'cpu' },
  ];
  const digests = changes.map((change) => identityDigest({ ...identity, ...change }));
  expect(new Set([digest, ...digests]).size).toBe(changes.length + 1);
});

describe('resume', () => {
  test('takes the newest unfinished hardening of the same content', () => {
    const first = begun(digest, NOON);
    const second = begun(digest, ONE);
    begun(other, EVENING);
    expect(chooseFolder(out, digest, 'latest', EVENING)).toBe(second);
    writeFileSync(join(second, RECORD), '{}');
    expect(chooseFolder(out, digest, 'latest', EVENING)).toBe(first);
    writeFileSync(join(first, RECORD), '{}');
    expect(chooseFolder(out, digest, 'latest', EVENING)).toBe(
      join(out, `harden-2026-11-26T20-00-00Z-${digest.slice(0, 8)}`),
    );
  });

  test('passes over what is damaged, and over folders of others', () => {
    const first = begun(digest, NOON);
    writeFileSync(join(begun(digest, ONE), 'hardening.json'), '{"version": 1');
    mkdirSync(join(out, `harden-2026-11-26T14-00-00Z-${digest.slice(0, 8)}`));
    mkdirSync(join(out, `2026-11-26T14-00-00Z-${digest.slice(0, 8)}`));
    expect(chooseFolder(out, digest, 'latest', EVENING)).toBe(first);
  });

  test('takes the folder that is named, finished or not', () => {
    const folder = begun(digest, NOON);
    begun(digest, ONE);
    writeFileSync(join(folder, RECORD), '{}');
    expect(chooseFolder(out, digest, folder, EVENING)).toBe(folder);
  });

  test.each([
    ['of another content', () => begun(other, NOON), /begun with another config, recipe, seed/],
    ['that is none', () => out, /no folder of a hardening: it has no hardening\.json/],
    ['that is not there', () => join(out, 'nowhere'), /no folder of a hardening/],
  ])('refuses one %s', (_, folder, sentence) => {
    expect(() => chooseFolder(out, digest, folder(), EVENING)).toThrow(sentence);
  });
});

test('a folder is begun once', () => {
  const folder = begun(digest, NOON);
  beginFolder(folder, other, ONE);
  expect(chooseFolder(out, digest, folder, ONE)).toBe(folder);
});
