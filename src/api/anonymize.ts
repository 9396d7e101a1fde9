import { builtinAnonymizing } from '#builtin';
import type { Config } from '#config/schema';
import { anonymizeTable, type Anonymized, type AnonymizeEvent } from '#pipeline/anonymizing/anonymize';
import { anonymizationPage } from '#reports/html/anonymization';
import { load } from './audit.js';

export interface AnonymizeOptions {
  /** What paths are relative to. Default: the working directory. */
  readonly cwd?: string;
  readonly seed?: number | string;
  readonly signal?: AbortSignal;
  readonly on?: (event: AnonymizeEvent) => void;
}

/**
 * Makes a copy of a table that meets the privacy models of a config: what `assay anonymize` does.
 *
 * @param config the path of a config, or a config as a value, with `data.table` and `anonymize`
 * @returns the certificate, the folder with the table and its page, and the exit code that the command line would end with: 1 where
 * no table meets the models, and none was written
 * @throws AssayError for bad input
 */
export async function anonymize(config: string | Config, options: AnonymizeOptions = {}): Promise<Anonymized> {
  const { cwd = process.cwd(), signal, on = () => undefined, ...rest } = options;
  return anonymizeTable(await load(config, cwd, undefined), builtinAnonymizing, {
    ...rest,
    signal: signal ?? new AbortController().signal,
    on,
    page: anonymizationPage,
  });
}
