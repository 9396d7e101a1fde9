import { setTimeout as wait } from 'node:timers/promises';
import { counted } from '#base/format';
import type { EndpointConfig } from '#config/schema';
import type { Traffic } from '../black-box/target.js';
import { RequestTrouble } from './trouble.js';

/** Puts questions to an endpoint: so many at a time, so many a second, and again where an attempt failed. */
export interface Attempts {
  /** @throws RequestTrouble the last one, once no attempt is left; the reason of the signal */
  make<T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Waits double from the first, up to this. */
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Every attempt keeps to the rate, and whatever the endpoint asks to wait, all questions wait. Jitter is not seeded: when a
 * question is put again changes no answer.
 *
 * @param traffic counts what goes out
 */
export async function attemptsFor(
  {
    concurrency = 4,
    perSecond,
    retries = 8,
    backoffSeconds = 0.5,
    totalSeconds = 600,
  }: NonNullable<EndpointConfig['traffic']>,
  traffic: Traffic,
): Promise<Attempts> {
  // ES modules only: loaded when there is an endpoint, so that CommonJS programs can load Assay without one.
  const [{ default: PQueue }, { default: pRetry }] = await Promise.all([import('p-queue'), import('p-retry')]);
  const places = new PQueue({ concurrency });
  // One at a time, evenly: no window of a second ever holds more.
  const pace = perSecond === undefined ? null : new PQueue({ intervalCap: 1, interval: 1000 / perSecond });
  let quietUntil = 0;

  const keepTime = async (signal: AbortSignal): Promise<void> => {
    await pace?.add(() => undefined, { signal });
    for (let left = quietUntil - performance.now(); left > 0; left = quietUntil - performance.now()) {
      await wait(left, undefined, { signal });
    }
  };

  const inPlace = async <T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const over = AbortSignal.timeout(totalSeconds * 1000);
    const deadline = performance.now() + totalSeconds * 1000;
    const either = AbortSignal.any([signal, over]);
    const failed: RequestTrouble[] = [];
    let attempts = 0;
    const once = async (): Promise<T> => {
      await keepTime(either);
      traffic.requests++;
      if (attempts++ > 0) traffic.retried++;
      return attempt(either);
    };
    try {
      return await pRetry(once, {
        retries,
        minTimeout: backoffSeconds * 1000,
        maxTimeout: LONGEST_BACKOFF_MS,
        randomize: true,
        signal: either,
        shouldRetry: ({ error }) => error instanceof RequestTrouble && error.isTransient,
        onFailedAttempt: ({ error }) => {
          if (!(error instanceof RequestTrouble)) return;
          failed.push(error);
          const { what, waitMilliseconds } = error;
          if (performance.now() + waitMilliseconds > deadline) throw tooLong(what, waitMilliseconds, totalSeconds);
          quietUntil = Math.max(quietUntil, performance.now() + waitMilliseconds);
        },
      });
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (over.aborted) throw late(totalSeconds, failed.at(-1), attempts);
      throw thrown instanceof RequestTrouble && failed.includes(thrown) ? final(thrown, attempts) : thrown;
    }
  };

  return {
    make: (attempt, signal) => places.add(() => inPlace(attempt, signal), { signal }),
  };
}

function tooLong(what: string, milliseconds: number, seconds: number): RequestTrouble {
  return new RequestTrouble(
    `${what}, and asks to wait ${Math.ceil(milliseconds / 1000)} seconds, longer than the ${seconds} that a request has`,
    false,
    0,
    'Try again later, or raise `target.traffic.totalSeconds`.',
  );
}

function late(seconds: number, last: RequestTrouble | undefined, attempts: number): RequestTrouble {
  const what = `there was no answer within ${seconds} seconds`;
  return last === undefined
    ? new RequestTrouble(what, false)
    : new RequestTrouble(`${what}: ${last.what}${inWords(attempts)}`, false, 0, last.mend);
}

/** The last failure, with how often it was tried. */
function final({ what, mend }: RequestTrouble, attempts: number): RequestTrouble {
  return new RequestTrouble(`${what}${inWords(attempts)}`, false, 0, mend);
}

function inWords(attempts: number): string {
  return attempts > 1 ? ` (${counted(attempts, 'attempt')})` : '';
}
