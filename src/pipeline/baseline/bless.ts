import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { packageVersion } from '#base/package-root';
import type { SampleOutcomes } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import { readFinishedRun } from '../finished-run.js';
import { packBits } from './bits.js';
import { BASELINE_VERSION, type Baseline, type BaselineCell, type BaselineOutcome } from './file.js';
import { subjectOf, type SubjectCell } from './subject.js';

export interface Blessed {
  readonly baseline: Baseline;
  /** As it is written: equal runs give equal bytes. */
  readonly text: string;
  /** Audits that have no outcome for each sample, and are not compared. */
  readonly left: readonly string[];
}

/**
 * Makes a baseline of a finished run: for each cell the digests of its options and data, its rates, and one bit a sample.
 * Whether the run passed its gate does not matter: a baseline says how things were.
 *
 * @throws AssayError `usage` for what is no run folder of this version; `run` for one that is damaged, unfinished, or in
 *   which a cell left no evidence: that cell would never be compared
 */
export function blessRun(runFolder: string, registry: Registry): Blessed {
  const subject = subjectOf(readFinishedRun(runFolder), registry);
  const broken = subject.cells.filter(({ cell, outcomes }) => cell.fate.kind === 'run' && typeof outcomes === 'string');
  if (broken.length > 0) {
    throw new AssayError('run', {
      where: runFolder,
      what: `${broken.length} of its cells cannot be a baseline: ${sentences(broken)}`,
      mend: 'Bless a run in which every audit came to its end.',
    });
  }
  const cells = subject.cells.flatMap(blessed);
  if (cells.length === 0) {
    throw new AssayError('run', {
      where: runFolder,
      what: 'no audit of this run has an outcome for each sample, so there is nothing to compare later runs with',
    });
  }
  const baseline: Baseline = {
    version: BASELINE_VERSION,
    tool: packageVersion(),
    target: subject.target,
    cells,
  };
  const left = subject.cells.filter((cell) => blessed(cell).length === 0).map(({ cell }) => cell.audit);
  return { baseline, text: `${JSON.stringify(baseline, null, 2)}\n`, left };
}

function sentences(cells: readonly SubjectCell[]): string {
  return cells
    .map(({ outcomes }) => (typeof outcomes === 'string' ? outcomes : ''))
    .join(' ')
    .replace(/\.$/, '');
}

function blessed({ cell, options, data, outcomes }: SubjectCell): BaselineCell[] {
  if (typeof outcomes === 'string' || outcomes.length === 0) return [];
  return [{ audit: cell.audit, options, data, outcomes: outcomes.map(recordOf) }];
}

function recordOf({ id, label, indices, bits }: SampleOutcomes): BaselineOutcome {
  return {
    ...{ id, label, n: bits.length, held: bits.replaceAll('0', '').length },
    samples: digestOfJson(indices),
    bits: packBits(bits),
  };
}
