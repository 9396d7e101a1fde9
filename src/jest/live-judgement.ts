import { mkdirSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOfJson } from '#base/digest';
import type { Json, JsonObject } from '#base/json';
import { writeAtomically } from '#pipeline/atomic';
import { readEvidence, writeEvidence } from '#pipeline/evidence-store';
import { drawPictures } from '#pipeline/pictures';
import { cellFolderName, evidenceFolder } from '#pipeline/run-folder';
import type { Cell } from '#pipeline/types';
import { askPlugin } from '#pipeline/verdicts';
import type { Evidence, Pictures, Plugin } from '#plugin/plugin';
import type { Target } from '#target/target';
import type { Audited } from './audit.js';
import type { Settings } from './settings.js';

interface Stored {
  readonly data: Json;
  readonly pictures: Pictures;
}

/**
 * What an audit in the test itself has found, judged from what was written, as in a run.
 *
 * @param keep how many changed inputs are kept
 */
export function judgeLive(
  target: Target,
  evidence: Evidence<unknown>,
  { plugin, options, policy }: Settings,
  { out, keep }: { readonly out: string; readonly keep: number },
): Audited {
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, 'jest-'));
  const { data, pictures } = stored(cellOf(plugin, options, target), evidence, target, { folder, keep });
  const { verdict, details } = askPlugin(plugin, data, policy, pictures);
  const { claim, status, reasons, measures, signs } = verdict;
  const finding = {
    ...{ audit: plugin.id, claim, status },
    reasons: [...reasons],
    measures: [...measures],
    signs: [...signs],
    details: [...details],
  };
  return { finding, folder };
}

function stored(
  cell: Cell,
  evidence: Evidence<unknown>,
  target: Target,
  { folder, keep }: { readonly folder: string; readonly keep: number },
): Stored {
  const digest = writeEvidence(evidenceFolder(folder, cell), cell, evidence, { keep, key: cell.audit });
  const written = readEvidence(evidenceFolder(folder, cell), digest);
  const { pictures, files } = drawPictures(written, {
    facts: target,
    labels: target.labels,
    folder: cellFolderName(cell),
    samples: 'show',
  });
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeAtomically(join(folder, path), bytes);
  }
  return { data: written.data, pictures };
}

function cellOf({ id: audit, data }: Plugin, options: JsonObject, target: Target): Cell {
  return {
    id: digestOfJson({ audit, options, target: target.digest }),
    ...{ audit, options, data },
    cost: { predictions: 0, gradients: 0 },
    place: null,
    fate: { kind: 'run' },
  };
}
