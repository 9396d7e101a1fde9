import { AssayError, messageOf } from '#base/errors';
import type { Attribution } from '#plugin/explainer';
import type { Removal } from '#plugin/explaining';
import type { StepValue } from '#plugin/plugin';
import type { Detail } from '#report/details';
import { runInWorker, type WorkerOptions } from '../worker.js';
import { PREDICTION, REMOVAL, type ChosenExplainer, type ExplainTask, type RemovalWork } from './task.js';

/** What a worker is given for every explainer. */
export type Question = Omit<ExplainTask, 'kind' | 'explainers' | 'removal'>;

export type Limits = Pick<WorkerOptions, 'memoryMiB' | 'minutes' | 'signal' | 'reserve'>;

/** What one explainer came to. */
export type Outcome =
  | {
      readonly kind: 'explained';
      readonly attribution: Attribution | null;
      readonly details: readonly Detail[];
      readonly statements: readonly string[];
    }
  /** `unfit`: the method says nothing of a model like this. */
  | { readonly kind: 'error' | 'unfit'; readonly sentence: string };

export interface Predicted {
  /** The index of the score that is explained. */
  readonly score: number;
  readonly scores: Float32Array;
}

export interface Listener {
  readonly started: (id: string, position: number) => void;
  readonly progress: (id: string, done: number, total: number) => void;
  readonly finished: (id: string, outcome: Outcome) => void;
}

/**
 * Has explainers run one after another in a worker process. Whoever takes the process along (its memory, its time, the
 * native library) has that as its outcome, and the others go on in another process.
 *
 * @throws AssayError `interrupted` by the signal; whatever kept the target from being opened
 */
export async function runExplainers(
  question: Question,
  explainers: readonly ChosenExplainer[],
  limits: Limits,
  listener: Listener,
): Promise<{ readonly predicted: Predicted; readonly outcomes: ReadonlyMap<string, Outcome> }> {
  const outcomes = new Map<string, Outcome>();
  const found: { predicted: Predicted | null; begun: string | null } = { predicted: null, begun: null };
  const waiting = () => explainers.filter(({ id }) => !outcomes.has(id));
  const begin = (): void => {
    const next = waiting()[0]?.id ?? null;
    if (next === null || next === found.begun) return;
    found.begun = next;
    listener.started(next, outcomes.size + 1);
  };
  const finish = (id: string, outcome: Outcome): void => {
    outcomes.set(id, outcome);
    listener.finished(id, outcome);
  };
  const keep = (name: string, value: StepValue): void => {
    if (name === PREDICTION) found.predicted = predictionIn(value);
    else finish(name, outcomeIn(value));
    begin();
  };
  do {
    try {
      const task: ExplainTask = { ...question, kind: 'explain', explainers: waiting(), removal: null };
      await runInWorker(task, {
        ...limits,
        checkpoints: { recall: () => null, keep },
        onProgress: (done, total) => {
          if (found.begun !== null) listener.progress(found.begun, done, total);
        },
      });
      requireNone(waiting());
    } catch (thrown) {
      const blamed = waiting()[0];
      if (!isOutcome(thrown) || found.predicted === null || blamed === undefined) throw thrown;
      finish(blamed.id, { kind: 'error', sentence: messageOf(thrown) });
    }
  } while (waiting().length > 0);
  const { predicted } = found;
  if (predicted === null) throw new AssayError('worker', { what: 'the worker process kept no prediction' });
  return { predicted, outcomes };
}

/**
 * Has attributions held against what the target does when features are taken away.
 *
 * @returns the sentence that says why not, where a budget or a limit does not suffice
 * @throws AssayError `interrupted`
 */
export async function runRemoval(
  question: Question,
  removal: RemovalWork,
  limits: Limits,
  progress: (done: number, total: number) => void,
): Promise<Removal | string> {
  const found: { removal: Removal | null } = { removal: null };
  try {
    await runInWorker(
      { ...question, kind: 'explain', explainers: [], removal },
      {
        ...limits,
        onProgress: progress,
        checkpoints: {
          recall: () => null,
          keep: (name, { json }) => {
            // The value is what this project's own worker sent: a `Removal` as JSON.
            if (name === REMOVAL) found.removal = json as unknown as Removal;
          },
        },
      },
    );
  } catch (thrown) {
    if (!isOutcome(thrown)) throw thrown;
    return messageOf(thrown);
  }
  return found.removal ?? 'The worker process kept no comparison.';
}

/** A process that ended well has left nobody out. */
function requireNone(waiting: readonly ChosenExplainer[]): void {
  if (waiting.length > 0) throw new AssayError('worker', { what: 'the worker process kept no explanation' });
}

function isOutcome(thrown: unknown): thrown is AssayError {
  return thrown instanceof AssayError && thrown.code !== 'interrupted' && thrown.code !== 'output';
}

function predictionIn({ json, arrays }: StepValue): Predicted {
  const { score } = json as { readonly score: number };
  const { scores } = arrays;
  if (!(scores instanceof Float32Array)) throw new AssayError('worker', { what: 'the prediction has no scores' });
  return { score, scores };
}

/** What the task of this version sends, see `asStep` there. */
interface Sent {
  readonly error?: string;
  readonly unfit?: string;
  readonly said?: { readonly details: readonly Detail[]; readonly statements: readonly string[] };
  readonly attribution?: {
    readonly names: readonly string[] | null;
    readonly completeness: NonNullable<Attribution['completeness']> | null;
  } | null;
}

export function outcomeIn({ json, arrays }: StepValue): Outcome {
  const { error, unfit, said, attribution = null } = json as unknown as Sent;
  if (error !== undefined) return { kind: 'error', sentence: error };
  if (unfit !== undefined) return { kind: 'unfit', sentence: unfit };
  const { details = [], statements = [] } = said ?? {};
  if (attribution === null) return { kind: 'explained', attribution: null, details, statements };
  const { values, standardErrors, of } = arrays;
  if (!(values instanceof Float64Array)) throw new AssayError('worker', { what: 'the attribution has no values' });
  const { names, completeness } = attribution;
  return {
    kind: 'explained',
    attribution: {
      values,
      ...(standardErrors instanceof Float64Array ? { standardErrors } : {}),
      ...(of instanceof Int32Array && names !== null ? { features: { names, of } } : {}),
      ...(completeness === null ? {} : { completeness }),
    },
    details,
    statements,
  };
}
