import { AssayError } from '#base/errors';
import type { CompleteConfig } from '#config/loaded';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { TargetCard } from '#report/report';
import { resourcesFor } from './resources.js';
import type { TargetInput } from './types.js';
import { runInWorker } from './worker.js';

/** A model that is not open by then never will be; predicting so many samples takes no longer. */
const LONGEST_MINUTES = 10;
const SAMPLES = 1000;

/**
 * Opens the target in a worker process, tries it on the test samples and says what it is and can do.
 *
 * @param test null where there are none
 * @throws AssayError `model` and the like, also where the native library does not survive the model
 */
export async function inspect(
  target: TargetInput,
  test: StoredSamples | null,
  { execution }: CompleteConfig,
  signal: AbortSignal | undefined,
): Promise<TargetCard> {
  const { memoryMiB, cellMinutes = Infinity } = execution;
  const longest = LONGEST_MINUTES * (1 + (test?.indices.length ?? 0) / SAMPLES);
  const limits = { memoryMiB, minutes: Math.min(cellMinutes, longest), signal };
  try {
    const { result } = await runInWorker(
      { kind: 'inspect', target, test, resources: resourcesFor(execution, target) },
      limits,
    );
    if (result.kind === 'inspected') return result.card;
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.code !== 'worker') throw thrown;
    throw unopened(target, thrown);
  }
  throw unopened(target, new AssayError('worker', { what: 'the worker process gave another answer' }));
}

/** Nothing has run yet: whatever kept the model from being opened is the model's. */
function unopened({ model, device }: TargetInput, { what, mend, cause }: AssayError): AssayError {
  const place = device === 'cpu' ? '' : ` on \`${device}\``;
  const hint = device === 'cpu' ? mend : 'Set `device` to `cpu`.';
  return new AssayError('model', {
    where: model.main,
    what: `the model could not be opened${place}: ${what}`,
    ...(hint === undefined ? {} : { mend: hint }),
    cause,
  });
}
