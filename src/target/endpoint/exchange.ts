import { Agent as HttpAgent, request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { errnoOf, messageOf } from '#base/errors';
import { RequestTrouble } from './trouble.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface ExchangeLimits {
  readonly milliseconds: number;
  /** Of an answer's body. */
  readonly bytes: number;
}

export interface Connections {
  /** Posts a message and reads the whole answer, whatever its status. @throws RequestTrouble, or the reason of the signal */
  post(url: URL, message: Message, limits: ExchangeLimits, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

/** Redirects that are followed, on the same host only. */
const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Connections that are kept alive. Certificates are always checked, whatever the environment says.
 *
 * @param ca the authorities to trust, PEM; undefined: those that Node brings
 */
export function connect(sockets: number, ca: string | undefined): Connections {
  const shared = { keepAlive: true, maxSockets: sockets };
  const plain = new HttpAgent(shared);
  const secure = new HttpsAgent({ ...shared, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) });
  const exchange = (url: URL, message: Message, limits: ExchangeLimits, signal: AbortSignal) =>
    exchangeOnce(url, url.protocol === 'https:' ? secure : plain, message, limits, signal);
  return {
    async post(url, message, limits, signal) {
      let place = url;
      for (let redirects = 0; ; redirects++) {
        const answer = await exchange(place, message, limits, signal);
        if (answer.status < 300 || answer.status >= 400) return answer;
        if (redirects === MOST_REDIRECTS) {
          throw new RequestTrouble(`it redirects more than ${MOST_REDIRECTS} times`, false);
        }
        place = redirected(place, answer);
      }
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** A question, and with it the token, goes to the host that the config names and to no other. */
function redirected(from: URL, { status, headers }: Answer): URL {
  const to = urlOf(headers.location ?? '', from);
  const refuse = (why: string) =>
    new RequestTrouble(`it redirects (${status}) ${why}`, false, 0, 'Name the final address in `target.url`.');
  if (!REDIRECTS.has(status) || headers.location === undefined || to === null)
    throw refuse('in a way that a question cannot follow');
  if (to.hostname !== from.hostname) throw refuse('to another host, which is refused');
  if (from.protocol === 'https:' && to.protocol !== 'https:') throw refuse('from https to http, which is refused');
  if (!['http:', 'https:'].includes(to.protocol)) throw refuse('to no HTTP address');
  if (to.host !== from.host) throw refuse('to another port, which is refused');
  if (to.username !== '' || to.password !== '') throw refuse('to an address with credentials in it, which is refused');
  return to;
}

function urlOf(location: string, base: URL): URL | null {
  return URL.canParse(location, base.href) ? new URL(location, base) : null;
}

function exchangeOnce(
  url: URL,
  agent: HttpAgent,
  { headers, body }: Message,
  { milliseconds, bytes }: ExchangeLimits,
  signal: AbortSignal,
): Promise<Answer> {
  const late = AbortSignal.timeout(milliseconds);
  const either = AbortSignal.any([signal, late]);
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (late.aborted)
        reject(new RequestTrouble(`it did not answer within ${milliseconds / 1000} seconds`, true));
      else reject(cause instanceof RequestTrouble ? cause : troubleOf(cause));
    };
    const options = { method: 'POST', agent, signal: either, headers: { ...headers, 'content-length': body.length } };
    const listen = (incoming: IncomingMessage): void => {
      collect(incoming, bytes).then((whole) => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: whole });
      }, fail);
    };
    const question = url.protocol === 'https:' ? requestHttps(url, options, listen) : requestHttp(url, options, listen);
    question.on('error', fail);
    question.end(body);
  });
}

/** Reads a body no further than its limit. */
async function collect(incoming: IncomingMessage, most: number): Promise<Buffer> {
  const tooLarge = () =>
    new RequestTrouble(
      `its answer has more than ${most} bytes`,
      false,
      0,
      'Raise `target.traffic.answerMiB`, or lower `target.traffic.batch`.',
    );
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    incoming.destroy();
    throw new RequestTrouble('its answer is compressed, which was not asked for and is not unpacked', false);
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw tooLarge();
    parts.push(part);
  }
  if (!incoming.complete) throw new RequestTrouble('its answer was cut off', true);
  return Buffer.concat(parts, size);
}

/** What no second attempt mends: certificates, and names that nobody knows. */
const LASTING =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|ENOTFOUND$|EPROTO$|HPE_)/;
const CERTIFICATE = /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/;

function troubleOf(cause: unknown): RequestTrouble {
  const code = errnoOf(cause) ?? '';
  if (CERTIFICATE.test(code)) {
    return new RequestTrouble(
      `its certificate is not trusted (${code})`,
      false,
      0,
      'If an authority of your own signed it, name that in `target.ca`; checking cannot be switched off.',
    );
  }
  const what = code === 'ECONNRESET' || code === 'EPIPE' ? `it dropped the connection (${code})` : messageOf(cause);
  return new RequestTrouble(what.replace(/\.$/, ''), !LASTING.test(code));
}
