import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { EndpointConfig } from '#config/schema';
import { escapeControls } from '#config/wording/show';
import { readNpy } from '#data/npy';
import type { ReadAnswers } from '../black-box/scores.js';
import { atPath, parseAnswerPath } from './answer-path.js';
import { parseBoundedJson } from './bounded-json.js';
import type { Answer } from './exchange.js';
import { RequestTrouble } from './trouble.js';

/** Reads the answer to n samples. @throws RequestTrouble where it is none, or not what was declared */
export type ReadReply = (answer: Answer, n: number) => Tensor;

/** @param redact keeps secrets out of what is quoted */
export function replyReader(
  response: EndpointConfig['response'],
  read: ReadAnswers,
  redact: (text: string) => string,
): ReadReply {
  const { body = 'json', path: text = 'predictions' } = response ?? {};
  const path = parseAnswerPath(text);
  const parse = {
    json: (answer: Answer) => {
      const found = atPath(parseBoundedJson(answer.body), path);
      if (found === undefined)
        throw new RequestTrouble(`its answer has nothing at \`${text}\`${quoted(answer, redact)}`, true);
      return found;
    },
    float32: (answer: Answer) => floatsOf(answer.body),
    npy: (answer: Answer) => arrayOf(answer.body),
  }[body];
  return (answer, n) => {
    requireAnswered(answer, redact);
    requireType(answer, body === 'json');
    const found = parse(answer);
    try {
      return read(found, n);
    } catch (thrown) {
      if (!(thrown instanceof AssayError)) throw thrown;
      throw new RequestTrouble(`its answer is not as declared: ${thrown.what}`, true);
    }
  };
}

/** Those that another attempt may change. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const MENDS: Readonly<Partial<Record<number, string>>> = {
  401: 'Set `target.token` to what the endpoint takes.',
  403: 'Set `target.token` to what the endpoint takes.',
  404: 'Correct `target.url`.',
  413: 'Lower `target.traffic.batch`.',
  429: 'Lower `target.traffic.perSecond` or `target.traffic.concurrency`.',
};

function requireAnswered(answer: Answer, redact: (text: string) => string): void {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return;
  const wait = TRANSIENT.has(status) ? retryAfter(headers['retry-after'], Date.now()) : 0;
  throw new RequestTrouble(
    `it answered with status ${status}${quoted(answer, redact)}`,
    TRANSIENT.has(status),
    wait,
    MENDS[status] ?? null,
  );
}

/** Seconds, or a date (RFC 9110, 10.2.3), in milliseconds from now; 0 for what is neither. */
export function retryAfter(header: string | undefined, now: number): number {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

function requireType({ headers }: Answer, isJson: boolean): void {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const fits = isJson ? /^application\/([\w.+-]+\+)?json$/.test(type) : !/json|html|^text\//.test(type);
  if (fits) return;
  const wanted = isJson ? 'JSON' : 'numbers in binary';
  const found = type === '' ? 'nothing' : `\`${escapeControls(type).slice(0, MOST_QUOTED)}\``;
  throw new RequestTrouble(`it calls its answer ${found} where ${wanted} was expected`, true);
}

function floatsOf(body: Buffer): Float32Array {
  const size = Float32Array.BYTES_PER_ELEMENT;
  if (body.length % size !== 0)
    throw new RequestTrouble(`its answer has ${body.length} bytes, no multiple of ${size}`, true);
  return Float32Array.from({ length: body.length / size }, (_, i) => body.readFloatLE(i * size));
}

function arrayOf(body: Buffer): unknown {
  try {
    return readNpy(body, 'the answer');
  } catch (thrown) {
    throw new RequestTrouble(
      `its answer is no NPY array (${thrown instanceof AssayError ? thrown.what : 'damaged'})`,
      true,
    );
  }
}

const MOST_LOOKED_AT = 65_536;
const MOST_QUOTED = 120;

/** The beginning of an answer, on one line. Secrets go before it is cut, so that no half of one is left. */
function quoted({ body }: Answer, redact: (text: string) => string): string {
  const text = redact(body.subarray(0, MOST_LOOKED_AT).toString('utf8')).replace(/\s+/g, ' ').trim();
  if (text === '') return '';
  const start = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}...` : text;
  return `: "${escapeControls(start)}"`;
}
