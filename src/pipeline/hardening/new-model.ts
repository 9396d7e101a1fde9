import { statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfBytes, digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import type { HardeningRecord } from '#report/hardening';
import type { TargetCard } from '#report/report';
import { FORMAT_WORDS } from '#target/formats/prepare';
import { rewritten } from '#target/formats/rewrite';
import { readModelFile } from '#target/read-model';
import { makeFolder, writeAtomically } from '../atomic.js';

export type NewModel = HardeningRecord['model']['after'];

/** Below the folder of a hardening. */
const MODEL = 'model';

/**
 * Writes a trained model into the folder of its hardening, in the format of the model before where that can be. The same
 * weights give the same bytes.
 *
 * @param original the path of the model before, or of its folder
 * @param card of the model that was trained: it has to be what lies there still
 * @param trained the ONNX file that training kept
 * @throws AssayError `model` where the original is another one by now, `output` when the disk refuses
 */
export async function writeNewModel(
  folder: string,
  original: string,
  card: TargetCard | null,
  trained: Uint8Array,
): Promise<NewModel> {
  const read = await readModelFile(original);
  requireSame(original, read.cards, card?.files ?? []);
  const { files, main, format, note } = await rewritten(read, trained);
  for (const [name, bytes] of files) {
    const path = join(folder, MODEL, name);
    makeFolder(join(path, '..'));
    writeAtomically(path, bytes);
  }
  return {
    file: statSync(original).isDirectory() ? MODEL : `${MODEL}/${main}`,
    format: FORMAT_WORDS[format],
    files: [...files].map(([name, bytes]) => ({ name, sha256: digestOfBytes(bytes), bytes: bytes.length })),
    note,
  };
}

/** Files of a preprocessor are among those of the card, and not among those of the model. */
function requireSame(path: string, found: TargetCard['files'], trained: TargetCard['files']): void {
  const known = new Set(trained.map((file) => digestOfJson(file)));
  if (found.every((file) => known.has(digestOfJson(file)))) return;
  throw new AssayError('model', {
    where: path,
    what: 'the model was changed while a copy of it was trained',
    mend: 'Harden it again.',
  });
}
