import { AssayError } from '#base/errors';
import { rowsOf } from '#base/tensor';
import type { EndpointConfig } from '#config/schema';
import type { ReadAnswers } from '../black-box/scores.js';
import type { Source, Traffic } from '../black-box/target.js';
import type { ContinuousDomain } from '../domain.js';
import { attemptsFor } from './attempts.js';
import { connect, type ExchangeLimits } from './exchange.js';
import { questionOf } from './question.js';
import { replyReader } from './reply.js';
import { secretOf } from './token.js';
import { RequestTrouble } from './trouble.js';

const DEFAULT_BATCH = 32;
const DEFAULT_CONCURRENCY = 4;

/** How an endpoint is named: without its query, in which some services want keys. */
export function endpointName({ url }: Pick<EndpointConfig, 'url'>): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** Samples in one question. */
export function endpointBatch(config: EndpointConfig, domain: ContinuousDomain): number {
  return questionOf(config.request, domain).isSingle ? 1 : (config.traffic?.batch ?? DEFAULT_BATCH);
}

/**
 * An endpoint as a source of answers. Nothing is asked yet.
 *
 * @param ca the PEM of `target.ca`
 * @throws AssayError `config` for a token that is not set, a template or a path that cannot be used
 */
export async function endpointSource(
  config: EndpointConfig,
  domain: ContinuousDomain,
  read: ReadAnswers,
  ca: string | undefined,
  traffic: Traffic,
): Promise<Source> {
  const name = endpointName(config);
  const url = new URL(config.url);
  const secret = secretOf(config.token, process.env);
  const question = questionOf(config.request, domain);
  const readReply = replyReader(config.response, read, secret.redact);
  const { requestSeconds = 30, answerMiB = 16, concurrency = DEFAULT_CONCURRENCY } = config.traffic ?? {};
  const limits: ExchangeLimits = { milliseconds: requestSeconds * 1000, bytes: Math.floor(answerMiB * 2 ** 20) };
  const attempts = await attemptsFor(config.traffic ?? {}, traffic);
  const connections = connect(concurrency, ca);
  const closing = new AbortController();
  const headers = {
    accept: config.response?.body === undefined || config.response.body === 'json' ? 'application/json' : '*/*',
    'accept-encoding': 'identity',
    'content-type': question.contentType,
    ...config.request?.headers,
    ...secret.headers,
  };
  return {
    batch: endpointBatch(config, domain),
    async ask(inputs, signal) {
      const body = question.body(inputs);
      const either = AbortSignal.any([signal, closing.signal]);
      try {
        return await attempts.make(
          async (over) => readReply(await connections.post(url, { headers, body }, limits, over), rowsOf(inputs)),
          either,
        );
      } catch (thrown) {
        throw thrown instanceof RequestTrouble ? unanswered(name, thrown, secret.redact) : thrown;
      }
    },
    close() {
      closing.abort(new AssayError('interrupted', { where: name, what: 'the target was disposed of' }));
      connections.close();
      return Promise.resolve();
    },
  };
}

/** Without a cause: what lies below may hold the question's headers. */
function unanswered(name: string, { what, mend }: RequestTrouble, redact: (text: string) => string): AssayError {
  return new AssayError('model', {
    where: name,
    what: redact(`the endpoint gave no answer that could be used: ${what}`),
    ...(mend === null ? {} : { mend }),
  });
}
