import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { Epoch, Stop } from '#report/hardening';
import { readArtifact } from '../evidence-store.js';
import { readFinishedRun } from '../finished-run.js';
import { checker, checkedRecord } from '../records.js';
import { evidenceFolder } from '../run-folder.js';
import { TRAINING } from './recipe.js';

/** The file of the model that the training plugin keeps with its evidence. */
const HARDENED = 'hardened.onnx';

/** One bit a test sample. */
const Standing = Type.Object({ clean: Type.Array(Type.Integer()), robust: Type.Array(Type.Integer()) });

/** What the training plugin's evidence has in it for the record. */
const TrainingData = Type.Object({
  epochs: Type.Array(Epoch),
  kept: Type.Union([Type.Integer(), Type.Null()]),
  stop: Type.Union([Stop, Type.Null()]),
  before: Standing,
  after: Standing,
});
export type TrainingData = Static<typeof TrainingData>;
const checkData = checker(TrainingData);

export interface TrainedModel {
  readonly data: TrainingData;
  /** ONNX. */
  readonly file: Uint8Array;
}

/**
 * What a finished run of the training came to.
 *
 * @throws AssayError `run` where it left no model: with the sentence that says why
 */
export function trainedIn(runFolder: string): TrainedModel {
  const { file, journal, states } = readFinishedRun(runFolder);
  const cell = file.plan.cells.find(({ audit }) => audit === TRAINING);
  const state = cell === undefined ? undefined : states.get(cell.id);
  if (cell === undefined || state?.kind !== 'evidence') {
    const why = state?.kind === undefined || state.kind === 'evidence' ? '' : `: ${state.sentence.replace(/\.$/, '')}`;
    throw new AssayError('run', { where: runFolder, what: `the training left no model${why}` });
  }
  const end = journal.findLast((entry) => entry.kind === 'cell-finished' && entry.cell === cell.id);
  if (end?.kind !== 'cell-finished' || end.outcome.kind !== 'evidence') throw new RangeError('evidence has an end');
  const folder = evidenceFolder(runFolder, cell);
  const data = checkedRecord(checkData, state.data, join(folder, 'evidence.json'));
  const model = readArtifact(folder, end.outcome.digest, HARDENED);
  if (model === null) throw untrained(runFolder, data);
  return { data, file: model };
}

/** Another attempt would end as this one did. */
function untrained(runFolder: string, { stop }: TrainingData): AssayError {
  const why = stop === null ? 'the training kept none' : stop.sentence.replace(/\.$/, '');
  return new AssayError('run', {
    where: runFolder,
    what: `there is no new model: ${why}`,
    mend: 'Mend the training data or the recipe, and harden it again.',
  });
}
