import { AssayError } from '#base/errors';

const INDEX = 'variables/variables.index';
const DATA = /^variables\/variables\.data-(\d{5})-of-(\d{5})$/;
/** TensorFlow writes one for each machine that it trained on. */
const MOST_SHARDS = 1000;

/**
 * The files of a SavedModel beside `saved_model.pb`: the index of its weights and every file with weights, in order. What
 * else lies in the folder (assets, fingerprints, debugging information) is none of the model: no operator that is allowed
 * reads it.
 *
 * @param names of the files in the model's folder and in `variables/`, relative to the folder, with slashes
 * @throws AssayError `model` where a file is missing
 */
export function savedModelFiles(names: readonly string[]): string[] {
  const shards = names.flatMap((name) => {
    const [, number = '', count = ''] = DATA.exec(name) ?? [];
    return number === '' ? [] : [{ name, number: Number(number), count: Number(count) }];
  });
  if (!names.includes(INDEX) && shards.length === 0) return [];
  if (!names.includes(INDEX)) throw missing(INDEX);
  const count = shards[0]?.count ?? 1;
  if (count < 1 || count > MOST_SHARDS || shards.some((shard) => shard.count !== count)) {
    throw new AssayError('model', { what: '`variables/` holds files with weights of several models' });
  }
  const listed = new Set(shards.map(({ name }) => name));
  const expected = Array.from({ length: count }, (_, i) => `variables/variables.data-${padded(i)}-of-${padded(count)}`);
  const lost = expected.find((name) => !listed.has(name));
  if (lost !== undefined) throw missing(lost);
  return [INDEX, ...expected];
}

function padded(number: number): string {
  return String(number).padStart(5, '0');
}

function missing(name: string): AssayError {
  return new AssayError('model', { what: `the SavedModel lacks the file \`${name}\``, mend: 'Copy the whole folder.' });
}
