// A plugin of the tests whose evidence is one bit a sample, and run folders with it.
import { writeEvidence } from '../evidence-store.js';
import type { Plugin } from '#plugin/plugin';
import type { LoadedConfig } from '#config/loaded';
import { keepBaseline } from '../baseline/kept.js';
import { Journal } from '../journal.js';
import { openedEntry, openFolder } from '../opening.js';
import { evidenceFolder } from '../run-folder.js';
import type { Cell, PlannedRun } from '../types.js';
import { plannedRun, TODAY } from './planned.js';
import { cellOf, registryOf, sharePlugin, shareVerdict } from './share.js';

/** What `test/bits` found: one bit a sample. */
export interface Bits {
  readonly bits: string;
  readonly indices?: readonly number[];
}

export function bitsPlugin(parts: Partial<Plugin> = {}): Plugin {
  const countOf = (data: unknown): { hits: number; n: number } => {
    const { bits } = data as Bits;
    return { hits: bits.replaceAll('0', '').length, n: bits.length };
  };
  return sharePlugin({
    id: 'test/bits',
    severity: 'high',
    needs: ['labels'],
    judge: (data, { thresholds, setBy }) =>
      shareVerdict(countOf(data), (thresholds as { share?: { atLeast: number } }).share?.atLeast ?? 0, setBy),
    outcomes: (data) => {
      const { bits, indices } = data as Bits;
      return [{ id: 'share', label: 'Share', bits, indices: indices ?? Array.from(bits, (_, i) => i) }];
    },
    details: () => [],
    ...parts,
  });
}

export const BITS = registryOf(bitsPlugin(), sharePlugin());

export const bitsCell = (): Cell => cellOf('test/bits');

/** A finished run folder in which each cell left the given evidence. */
export function runFolder(
  out: string,
  found: readonly (readonly [Cell, unknown])[],
  parts: { readonly loaded?: Partial<LoadedConfig>; readonly plan?: Partial<PlannedRun['plan']> } = {},
): string {
  const cells = found.map(([cell]) => cell);
  const planned = plannedRun(out, cells, BITS);
  const whole: PlannedRun = {
    ...planned,
    loaded: { ...planned.loaded, ...parts.loaded },
    plan: { ...planned.plan, ...parts.plan },
  };
  const { folder } = openFolder(whole, { resume: false });
  if (whole.loaded.baseline !== null) keepBaseline(folder, whole.loaded.baseline);
  const journal = Journal.open(folder);
  journal.append(openedEntry(whole, [], TODAY));
  for (const [cell, data] of found) {
    if (data === null) continue;
    const digest = writeEvidence(evidenceFolder(folder, cell), cell, { data }, { keep: 0, key: '' });
    journal.append({
      kind: 'cell-finished',
      at: '2026-11-25T04:00:00.000Z',
      cell: cell.id,
      outcome: { kind: 'evidence', digest },
      seconds: 1,
      peakMiB: 5,
    });
  }
  journal.close();
  return folder;
}
