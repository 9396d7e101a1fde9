import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import type { StepValue } from '#plugin/plugin';
import { makeFolder, onDisk, writeAtomically } from './atomic.js';
import { pack, unpack } from './pack.js';
import { plainJson } from './plain-json.js';

/** The steps of one cell that were computed before, on disk. */
export interface Checkpoints {
  /** What was written under this name; null when nothing whole was. */
  recall(name: string): StepValue | null;
  keep(name: string, value: StepValue): void;
  /** Once the cell's evidence is on disk, its steps are not needed any more. */
  remove(): void;
}

export function checkpointsIn(cellFolder: string): Checkpoints {
  const folder = join(cellFolder, 'steps');
  // Names come from plugins: the file is named by the digest, and the name is checked inside.
  const fileOf = (name: string) => join(folder, `${digestOfBytes(name).slice(0, 32)}.step`);
  return {
    recall(name) {
      const file = fileOf(name);
      if (!existsSync(file)) return null;
      try {
        const { json, arrays } = unpack(readFileSync(file), file);
        return isNamed(json, name) ? { json: json['value'], arrays } : null;
      } catch {
        // A torn or damaged step is computed again: it gives the same bytes.
        return null;
      }
    },
    keep(name, value) {
      makeFolder(folder);
      writeAtomically(fileOf(name), pack({ json: { name, value: plainJson(value.json, name) }, arrays: value.arrays }));
    },
    remove: () => onDisk(folder, () => rmSync(folder, { recursive: true, force: true })),
  };
}

function isNamed(
  json: StepValue['json'],
  name: string,
): json is { readonly name: string; readonly value: StepValue['json'] } {
  return typeof json === 'object' && json !== null && 'name' in json && json['name'] === name && 'value' in json;
}
