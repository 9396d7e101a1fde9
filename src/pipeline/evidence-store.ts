import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfBytes, type Digest } from '#base/digest';
import { AssayError, errnoOf } from '#base/errors';
import { canonicalJson, type Json } from '#base/json';
import type { Artifact, Evidence, Example, InputMap } from '#plugin/plugin';
import { makeFolder, onDisk, writeAtomically } from './atomic.js';
import { chooseExamples } from './choose.js';
import { bytesOf, pack, unpack, type Packable } from './pack.js';
import { plainJson } from './plain-json.js';
import { checker, EvidenceFile, parseRecord, RUN_VERSION } from './records.js';
import type { Cell } from './types.js';

/** Evidence as it is read back. */
export interface StoredEvidence {
  readonly data: Json;
  readonly examples: readonly StoredExample[];
  readonly maps: readonly InputMap[];
}

export interface StoredExample extends Example {
  /** The rule that put it on the page; null where none did. */
  readonly why: string | null;
}

export interface StoreOptions {
  /** How many examples and maps are kept whole; of other examples only hashes are. */
  readonly keep: number;
  /** Names the stream that draws examples for the page. */
  readonly key: string;
}

const FILE = 'evidence.json';
const ARRAYS = 'arrays.bin';
const ARTIFACTS = 'artifacts';
const checkFile = checker(EvidenceFile);

/**
 * Writes what a cell produced: arrays and files first, `evidence.json` with their hashes last. Only with that file is
 * there evidence at all.
 *
 * @returns the digest of `evidence.json`, which stands for everything
 * @throws AssayError `plugin` for evidence that cannot be kept as it is, `output` when the disk refuses
 */
export function writeEvidence(folder: string, cell: Cell, evidence: Evidence<unknown>, options: StoreOptions): Digest {
  const { kept, others } = divide(evidence.examples ?? [], options);
  const maps = (evidence.maps ?? []).slice(0, options.keep);
  const arrays = pack({ json: null, arrays: { ...exampleArrays(kept), ...mapArrays(maps) } });
  const file: EvidenceFile = {
    version: RUN_VERSION,
    cell: cell.id,
    audit: cell.audit,
    data: plainJson(evidence.data, 'data'),
    examples: kept.map((example) => ({
      ...headOf(example),
      label: [...example.label],
      scoresBefore: [...example.scoresBefore],
      scoresAfter: [...example.scoresAfter],
      original: hashOf(example.original),
      why: example.why,
    })),
    others: others.map((example) => ({
      ...headOf(example),
      original: hashOf(example.original),
      changed: hashOf(example.changed),
    })),
    maps: maps.map(({ sample, caption }) => ({ sample, caption })),
    artifacts: (evidence.artifacts ?? []).map(({ name, bytes }) => ({
      name: safeName(name, cell.audit),
      sha256: digestOfBytes(bytes),
      bytes: bytes.length,
    })),
    arrays: digestOfBytes(arrays),
  };
  const text = canonicalJson(plainJson(file, 'evidence'));
  makeFolder(folder);
  writeAtomically(join(folder, ARRAYS), arrays);
  writeArtifacts(join(folder, ARTIFACTS), evidence.artifacts ?? []);
  writeAtomically(join(folder, FILE), text);
  return digestOfBytes(text);
}

/**
 * Reads evidence back, whole or not at all.
 *
 * @throws AssayError `run` when a file is missing or differs from its hash
 */
export function readEvidence(folder: string, digest: Digest): StoredEvidence {
  const text = readChecked(join(folder, FILE), digest).toString('utf8');
  const file = parseRecord(checkFile, text, join(folder, FILE));
  for (const { name, sha256 } of file.artifacts) readChecked(join(folder, ARTIFACTS, name), sha256);
  const { arrays } = unpack(readChecked(join(folder, ARRAYS), file.arrays), join(folder, ARRAYS));
  return {
    data: plainJson(file.data, 'data'),
    examples: file.examples.map((facts, i) => {
      const original = floatsOf(arrays, facts.original, folder);
      return { ...facts, original, changed: applied(original, arrays[`delta/${i}`], folder) };
    }),
    maps: file.maps.map((facts, i) => ({
      ...facts,
      input: floatsOf(arrays, `input/${i}`, folder),
      map: floatsOf(arrays, `map/${i}`, folder),
    })),
  };
}

/**
 * A file that a plugin made; null where its evidence has none of that name.
 *
 * @throws AssayError `run` when it differs from its hash
 */
export function readArtifact(folder: string, digest: Digest, name: string): Uint8Array | null {
  const text = readChecked(join(folder, FILE), digest).toString('utf8');
  const artifact = parseRecord(checkFile, text, join(folder, FILE)).artifacts.find((each) => each.name === name);
  return artifact === undefined ? null : readChecked(join(folder, ARTIFACTS, name), artifact.sha256);
}

/** The chosen examples come first, in the order of the page; then the others as the plugin gave them. */
function divide(examples: readonly Example[], options: StoreOptions): { kept: StoredExample[]; others: Example[] } {
  const chosen = chooseExamples(examples, options.key);
  const shown = new Set(chosen.map(({ index }) => index));
  const ordered: StoredExample[] = [
    ...chosen.flatMap(({ index, why }) => (examples[index] === undefined ? [] : [{ ...examples[index], why }])),
    ...examples.filter((_, index) => !shown.has(index)).map((example) => ({ ...example, why: null })),
  ];
  return { kept: ordered.slice(0, options.keep), others: ordered.slice(options.keep) };
}

function exampleArrays(examples: readonly StoredExample[]): Packable['arrays'] {
  const arrays: Record<string, Float32Array | Int32Array> = {};
  for (const [i, { original, changed }] of examples.entries()) {
    // Named by its content: examples of one sample at several epsilons share their original.
    arrays[hashOf(original)] = original;
    arrays[`delta/${i}`] = delta(original, changed);
  }
  return arrays;
}

function mapArrays(maps: readonly InputMap[]): Packable['arrays'] {
  return Object.fromEntries(
    maps.flatMap(({ input, map }, i) => [
      [`input/${i}`, input],
      [`map/${i}`, map],
    ]),
  );
}

function headOf({ sample, epsilon, norm }: Example): Pick<Example, 'sample' | 'epsilon' | 'norm'> {
  return { sample, epsilon, norm: { ...norm } };
}

function hashOf(values: Float32Array): Digest {
  return digestOfBytes(bytesOf(values));
}

/** Differences of bit patterns, modulo 2^32: unlike differences of values they give back every bit. */
function delta(original: Float32Array, changed: Float32Array): Int32Array {
  if (original.length !== changed.length) {
    throw new AssayError('plugin', {
      what: `an example has ${original.length} values before and ${changed.length} after`,
      mend: 'A changed input has the shape of the original.',
    });
  }
  const from = bitsOf(original);
  return bitsOf(changed).map((bits, i) => bits - (from[i] ?? 0));
}

function applied(original: Float32Array, change: Packable['arrays'][string] | undefined, folder: string): Float32Array {
  if (!(change instanceof Int32Array) || change.length !== original.length) throw lacking(folder);
  const from = bitsOf(original);
  return new Float32Array(change.map((bits, i) => bits + (from[i] ?? 0)).buffer);
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.slice().buffer);
}

function floatsOf(arrays: Packable['arrays'], name: string, folder: string): Float32Array {
  const array = arrays[name];
  if (array instanceof Float32Array) return array;
  throw lacking(folder);
}

function writeArtifacts(folder: string, artifacts: readonly Artifact[]): void {
  // Files of an earlier attempt that ended before its evidence was whole.
  onDisk(folder, () => rmSync(folder, { recursive: true, force: true }));
  if (artifacts.length === 0) return;
  makeFolder(folder);
  for (const { name, bytes } of artifacts) writeAtomically(join(folder, name), bytes);
}

/** Names come from plugins: one that could leave the folder is refused. */
function safeName(name: string, audit: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name;
  throw new AssayError('plugin', {
    what: `${audit} made a file named ${JSON.stringify(name)}`,
    mend: 'Names of files have letters, digits, dots, dashes and underscores only.',
  });
}

function readChecked(path: string, sha256: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const what = errnoOf(cause) === 'ENOENT' ? 'the file is missing' : 'the file cannot be read';
    throw new AssayError('run', { where: path, what, mend: 'Run the audit again.', cause });
  }
  if (digestOfBytes(bytes) === sha256) return bytes;
  throw new AssayError('run', {
    where: path,
    what: 'the file is not the one that the run wrote: its hash differs',
    mend: 'Run the audit again.',
  });
}

function lacking(folder: string): AssayError {
  return new AssayError('run', {
    where: join(folder, ARRAYS),
    what: 'an array is missing',
    mend: 'Run the audit again.',
  });
}
