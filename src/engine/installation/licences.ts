import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The terms of wheels stay with their files: `nvidia_cublas-13.1.0.3.dist-info/licenses/License.txt`.
 *
 * @param own other files, by the end of their path, and the names that they are kept under
 */
export function keepLicences(files: readonly string[], folder: string, own: Readonly<Record<string, string>>): void {
  mkdirSync(folder);
  for (const path of files) {
    const [, owner] = /\/([^/]+)\.dist-info\/(?:licenses\/)?licen[cs]e[^/]*$/i.exec(path) ?? [];
    const name =
      owner === undefined ? own[Object.keys(own).find((end) => path.endsWith(`/${end}`)) ?? ''] : `${owner}.txt`;
    if (name !== undefined) renameSync(path, join(folder, name));
  }
}
