import { AssayError, messageOf } from '#base/errors';
import { isRecord, type JsonRecord } from '../../json-value.js';

/** Configurations are small: that of a model with ten thousand layers has some 10 MB. */
const MOST_BYTES = 2 ** 27;

/** Reads a configuration. @throws AssayError `model` where it is no object of JSON */
export function parseConfig(source: Uint8Array | string, where: string, label: string): JsonRecord {
  const broken = (what: string, cause?: unknown): AssayError =>
    new AssayError('model', { where, what: `${label} ${what}`, ...(cause === undefined ? {} : { cause }) });
  if (source.length > MOST_BYTES) throw broken(`has more than ${MOST_BYTES / 2 ** 20} MiB`);
  let value: unknown;
  try {
    value = JSON.parse(typeof source === 'string' ? source : Buffer.from(source).toString('utf8'));
  } catch (thrown) {
    throw broken(`is no JSON (${messageOf(thrown)})`, thrown);
  }
  if (!isRecord(value)) throw broken('is no object');
  return value;
}
