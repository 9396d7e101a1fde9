import { resolve } from 'node:path';
import { builtinExplaining } from '#builtin';
import type { Config } from '#config/schema';
import type { ExplainEvent } from '#pipeline/explaining/decision';
import { explainTarget, type Explanation } from '#pipeline/explaining/explain';
import { sampleRequestOf, type SampleRequest } from '#pipeline/explaining/sample';
import type { PlanOptions } from '#pipeline/types';
import { explanationPage } from '#reports/html/explanation';
import { load } from './audit.js';

export interface ExplainOptions extends Pick<PlanOptions, 'only' | 'sample' | 'seed' | 'device' | 'signal'> {
  /** What paths are relative to. Default: the working directory. */
  readonly cwd?: string;
  /** `predicted`, `true`, the name of a label, or an index. Default: predicted. */
  readonly score?: string | number;
  readonly on?: (event: ExplainEvent) => void;
}

/** What is explained: an index of `data.test`, a picture, a row of a table (by name, or in the order of the model), or a text. */
export type ExplainedSample =
  | number
  | { readonly picture: string }
  | { readonly row: Readonly<Record<string, string | number | null>> | readonly number[] }
  | { readonly text: string };

/**
 * Explains one score of one sample by every explainer that fits, side by side: what `assay explain` does.
 *
 * @param config the path of a config, or a config as a value
 * @param sample null: the model as a whole
 * @returns the record, the folder with its page, and the exit code that the command line would end with
 * @throws AssayError for bad input, before anything is explained
 */
export async function explain(
  config: string | Config,
  sample: ExplainedSample | null,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const { cwd = process.cwd(), score, on = () => undefined, signal, ...rest } = options;
  return explainTarget(await load(config, cwd, undefined), builtinExplaining, {
    ...rest,
    ...(score === undefined ? {} : { score: String(score) }),
    request: sample === null ? null : requestOf(sample, (path) => resolve(cwd, path)),
    signal: signal ?? new AbortController().signal,
    on,
    page: explanationPage,
  });
}

function requestOf(sample: ExplainedSample, absolute: (path: string) => string): SampleRequest {
  if (typeof sample === 'number') return sampleRequestOf(String(sample), absolute);
  if ('picture' in sample) return { kind: 'picture', path: absolute(sample.picture) };
  if ('row' in sample) return { kind: 'row', json: JSON.stringify(sample.row) };
  return { kind: 'text', text: sample.text };
}
