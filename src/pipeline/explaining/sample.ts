import { basename } from 'node:path';
import { digestOfBytes, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import type { SamplesConfig } from '#config/schema';
import { bytesOf } from '#data/elements';
import { storeSamples } from '#data/load-samples';
import { pictureInput } from '#data/sources/pictures';
import type { SampleFacts } from '#data/sources/source';
import { rowInput } from '#data/sources/tables';
import { textInput } from '#data/sources/texts';
import { sourceOf } from '#data/streams/stored-samples';
import { unknownLabels } from '#target/head';
import type { Samples } from '#target/target';

/** Which input is explained. */
export type SampleRequest =
  /** Of `data.test`, in the whole data set. */
  | { readonly kind: 'index'; readonly index: number }
  /** An absolute path. */
  | { readonly kind: 'picture'; readonly path: string }
  /** JSON. */
  | { readonly kind: 'row'; readonly json: string }
  | { readonly kind: 'text'; readonly text: string };

export interface ReadSample {
  /** One. The truth of an input from elsewhere is NaN, and its index -1. */
  readonly samples: Samples;
  /** As a person calls it. */
  readonly name: string;
  readonly digest: Digest;
}

/** What `<sample>` says: an index, a JSON row, or else the path of a picture. */
export function sampleRequestOf(said: string, absolute: (path: string) => string): SampleRequest {
  if (/^\d+$/.test(said)) return { kind: 'index', index: Number(said) };
  if (/^\s*[{[]/.test(said)) return { kind: 'row', json: said };
  if (/^-?[\d.]+$/.test(said)) {
    throw new AssayError('usage', {
      where: said,
      what: 'this is no sample: indices are whole numbers from 0',
      mend: 'Name an index of `data.test`, a picture, or a row as JSON.',
    });
  }
  return { kind: 'picture', path: absolute(said) };
}

/**
 * Reads the input that is explained, as the data of the config are read.
 *
 * @throws AssayError `usage` where the data has no such sample, or the kind of input is not the target's; `data` where it
 *   cannot be read or is not legal
 */
export async function readSample(
  request: SampleRequest,
  test: SamplesConfig | undefined,
  facts: SampleFacts,
  seed: number | string,
): Promise<ReadSample> {
  if (request.kind === 'index') return ofData(request.index, test, facts, seed);
  const input = await inputOf(request, test ?? {}, facts);
  const labels = unknownLabels(facts.head, 1);
  const samples = { inputs: { shape: [1, ...facts.domain.shape], data: input }, labels, indices: [-1] };
  return { samples, name: nameOf(request), digest: digestOfBytes(bytesOf(input)) };
}

async function ofData(
  index: number,
  test: SamplesConfig | undefined,
  facts: SampleFacts,
  seed: number | string,
): Promise<ReadSample> {
  if (test === undefined) {
    throw new AssayError('config', { what: '`data.test` is missing, and the sample is an index into it' });
  }
  const { stored } = await storeSamples(test, facts, seed, { indices: [index] });
  const samples = await sourceOf(stored).take([0]);
  return { samples, name: `sample ${index}`, digest: digestOfBytes(bytesOf(samples.inputs.data)) };
}

type Elsewhere = Exclude<SampleRequest, { readonly kind: 'index' }>;

async function inputOf(request: Elsewhere, config: Partial<SamplesConfig>, facts: SampleFacts): Promise<Float32Array> {
  const { domain } = facts;
  switch (request.kind) {
    case 'picture':
      if (domain.kind !== 'image') throw unlike(`${basename(request.path)}, no index and no row,`, domain.kind);
      return pictureInput(request.path, config, facts);
    case 'row':
      if (domain.kind !== 'tabular') throw unlike('a row as JSON', domain.kind);
      return rowInput(request.json, config, domain);
    case 'text':
      if (domain.kind !== 'text') throw unlike('a text', domain.kind);
      return textInput(request.text, facts);
  }
}

function unlike(given: string, kind: string): AssayError {
  return new AssayError('usage', {
    what: `${given} is given, and the domain of the target is \`${kind}\``,
    mend: MENDS.get(kind) ?? 'Name an index of `data.test`.',
  });
}

const MENDS: ReadonlyMap<string, string> = new Map([
  ['image', 'Name a picture, or an index of `data.test`.'],
  ['tabular', 'Name an index of `data.test`, or a row as JSON.'],
  ['text', 'Name an index of `data.test`, or a text with `--text`.'],
]);

function nameOf(request: Elsewhere): string {
  switch (request.kind) {
    case 'picture':
      return basename(request.path);
    case 'row':
      return 'the given row';
    case 'text':
      return 'the given text';
  }
}
