import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import type { BaselineText } from '#config/loaded';
import type { Report } from '#report/report';
import { writeAtomically } from '../atomic.js';
import type { Opened } from '../records.js';
import { parseBaseline, type Baseline } from './file.js';

/** The run folder keeps what it is compared with, so that it can be judged again from itself alone. */
const KEPT = 'baseline.json';

/** A baseline, and what a report says of it. */
export interface NamedBaseline {
  readonly content: Baseline;
  readonly card: NonNullable<Report['baseline']>;
  /** Where the config names it. */
  readonly place: { readonly line: number; readonly column: number } | null;
}

export function keepBaseline(runFolder: string, { text }: BaselineText): void {
  writeAtomically(join(runFolder, KEPT), text);
}

/**
 * What a run is compared with: another baseline that the caller names, or the one that it was started with.
 *
 * @throws AssayError `config` for what is no baseline; `run` where the kept one is not the one that the run began with
 */
export function baselineOfRun(
  runFolder: string,
  kept: Opened['baseline'],
  other: BaselineText | undefined,
): NamedBaseline | null {
  if (other !== undefined) return namedBaseline(other.text, other.file, null);
  if (kept === null) return null;
  const path = join(runFolder, KEPT);
  const text = keptText(path);
  if (text === null || digestOfBytes(text) !== kept.digest) {
    throw new AssayError('run', {
      where: path,
      what: `this is not the baseline that the run began with${text === null ? ': it is not there' : ''}`,
      mend: 'Run the audit again.',
    });
  }
  return namedBaseline(text, kept.file, kept.place);
}

function namedBaseline(text: string, file: string, place: NamedBaseline['place']): NamedBaseline {
  const content = parseBaseline(text, file);
  const { target } = content;
  const model = target === null ? null : { name: target.name, digest: target.digest };
  return { content, card: { file: basename(file), digest: digestOfBytes(text), target: model }, place };
}

function keptText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
