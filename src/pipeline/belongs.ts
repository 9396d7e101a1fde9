import { AssayError } from '#base/errors';
import type { LoadedConfig } from '#config/loaded';
import type { TargetCard } from '#report/report';
import { modelCards } from '#target/cards';
import { readInputs, type ReadInputs } from './inputs.js';
import { readFinishedRun } from './finished-run.js';
import type { PlanFile } from './records.js';

/**
 * Whether a run folder is of this config, and of the model and the data that lie where it says now. An endpoint
 * has no file to tell it by: there the data alone is held against the run.
 *
 * @throws AssayError `usage` for a run of another config, model or data: its verdicts say nothing about what is released
 */
export async function requireRunOf(runFolder: string, { config, digest }: LoadedConfig): Promise<void> {
  const { file, opened } = readFinishedRun(runFolder);
  if (opened.configDigest !== digest) throw stranger(runFolder, 'another config');
  const inputs = await readInputs(config, file.plan.seed, undefined);
  if (!hasSameFiles(inputs, file.plan.target)) throw stranger(runFolder, 'another model than the config names now');
  if (!hasSameData(inputs, file.plan.data)) throw stranger(runFolder, 'other data than the config names now');
}

function hasSameFiles({ target }: ReadInputs, card: TargetCard | null): boolean {
  if (target === null || card === null) return target === null && card === null;
  if (target.config.url !== undefined) return true;
  const names = (files: TargetCard['files']) => files.map(({ sha256 }) => sha256).sort();
  return names(modelCards(target.model)).join() === names(card.files).join();
}

function hasSameData({ test, train, table }: ReadInputs, cards: PlanFile['plan']['data']): boolean {
  const now = [test, train, table].flatMap((each) => (each === null ? [] : [each.card.digest]));
  return now.join() === cards.map(({ digest }) => digest).join();
}

function stranger(where: string, what: string): AssayError {
  return new AssayError('usage', {
    where,
    what: `this run is of ${what}`,
    mend: 'Decide over a run that `assay audit` made of this config, without `--sample` and `--seed`.',
  });
}
