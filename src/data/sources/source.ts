import type { SamplesConfig } from '#config/schema';
import type { Domain } from '#target/domain';
import type { Head, Labels } from '#target/head';
import type { GroupColumn } from '#target/sample-source';
import type { FileCard } from '../file.js';
import type { PictureSteps } from '../images/steps.js';
import type { InputStream } from '../streams/input-stream.js';
import type { Tokenizer } from '../text/tokenizer.js';

/** What samples are read for. */
export interface SampleFacts {
  readonly domain: Domain;
  readonly head: Head;
  /** A name for each class or label, where there are names: the truth may be given by them. */
  readonly labels?: readonly string[] | null;
  /** What the target's own files say of pictures; `pictures` of the data goes before it. */
  readonly pictures?: PicturePreparation | null;
  /** What makes texts into inputs, where the target takes texts. */
  readonly tokenizer?: Tokenizer | null;
  /** `none`: inputs alone are read, such as those of a concept, and the truth of each is NaN. */
  readonly truth?: 'none';
}

export interface PicturePreparation extends PictureSteps {
  /** Bytes are multiplied by it to reach the units of the domain; null where they stay as they are. */
  readonly rescale: number | null;
}

/** Where samples come from. Groups are columns of the samples' own table; a table beside them is read elsewhere. */
export type SourceConfig = Omit<SamplesConfig, 'groups'> & { readonly groups?: string[] | undefined };

/** Samples that were looked at and not yet taken: what files they are in, how many, and what is true of each. */
export interface Source {
  readonly available: number;
  readonly labels: Labels;
  readonly groups: readonly GroupColumn[];
  /** The inputs of the chosen samples, ascending. Reading throws an AssayError `data` for one that is not legal. */
  stream(indices: readonly number[]): InputStream;
  /** What was read, also by `stream`. */
  files(): readonly FileCard[];
  /** What became of the inputs that were streamed, for the card of the data; null where nothing is to be said. */
  remark?(): string | null;
}
