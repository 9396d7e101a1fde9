import { runningDigest, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import { sizeOf } from '#base/tensor';
import { bytesOf } from '../elements.js';
import { MAX_STREAMED_BYTES } from './byte-source.js';
import type { InputStream } from './input-stream.js';
import { openSpool } from './spool.js';
import { decodeLevels, type HeldInputs, type SpooledInputs, type StoredInputs } from './stored-samples.js';

/** What one tensor may take. */
const MAX_TENSOR_BYTES = 2 ** 32;

export interface InputFacts {
  readonly samples: number;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Where they come from, for messages. */
  readonly name: string;
}

/** Inputs as they are kept, and the digest of all of them as float32. */
export interface KeptInputs<Inputs = StoredInputs> {
  readonly inputs: Inputs;
  readonly digest: Digest;
}

/**
 * Reads a stream of inputs to its end and keeps them, in memory up to `heldBytes` as float32.
 *
 * @throws AssayError `data` where there are too many, `output` where the disk refuses, and whatever the stream throws
 */
export async function storeInputs(
  stream: () => InputStream,
  facts: InputFacts,
  heldBytes: number,
): Promise<KeptInputs> {
  if (bytesIn(facts) <= heldBytes) return holdInputs(stream, facts);
  requireSpace(facts, MAX_STREAMED_BYTES);
  return spool(stream());
}

/**
 * Reads a stream of inputs to its end, into memory whatever their size.
 *
 * @throws AssayError `data` where there are more than one tensor takes, and whatever the stream throws
 */
export async function holdInputs(stream: () => InputStream, facts: InputFacts): Promise<KeptInputs<HeldInputs>> {
  requireSpace(facts, MAX_TENSOR_BYTES);
  const data = new Float32Array(bytesIn(facts) / Float32Array.BYTES_PER_ELEMENT);
  let filled = 0;
  for await (const { values } of blocksOf(stream())) {
    data.set(values, filled);
    filled += values.length;
  }
  const digest = runningDigest();
  digest.add(bytesOf(data));
  return { inputs: { kind: 'memory', data }, digest: digest.end() };
}

async function spool(stream: InputStream): Promise<KeptInputs<SpooledInputs>> {
  const file = openSpool();
  const digest = runningDigest();
  try {
    for await (const { stored, values } of blocksOf(stream)) {
      file.write(stored);
      digest.add(bytesOf(values));
    }
  } catch (thrown) {
    file.close();
    throw thrown;
  }
  const levels = stream.kind === 'bytes' ? stream.levels : null;
  return { inputs: { kind: 'file', descriptor: file.descriptor, levels }, digest: digest.end() };
}

/** Each block as a file has it, and in the units of the domain. */
async function* blocksOf(stream: InputStream): AsyncGenerator<{ stored: Uint8Array; values: Float32Array }> {
  if (stream.kind === 'values') {
    for await (const values of stream.blocks) yield { stored: bytesOf(values), values };
    return;
  }
  for await (const stored of stream.blocks) {
    const values = new Float32Array(stored.length);
    decodeLevels(stored, stream.levels, values);
    yield { stored, values };
  }
}

function requireSpace(facts: InputFacts, limit: number): void {
  const bytes = bytesIn(facts);
  if (bytes <= limit) return;
  const { samples, shape, name } = facts;
  throw new AssayError('data', {
    where: name,
    what: `${grouped(samples)} samples of [${shape.join(', ')}] need ${Math.round(bytes / 2 ** 20)} MiB, more than the ${limit / 2 ** 20} that are held`,
    mend: 'Set `sample` to the number of samples to draw.',
  });
}

function bytesIn({ samples, shape }: InputFacts): number {
  return samples * sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT;
}
