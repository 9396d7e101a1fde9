import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { removeFolder } from '../../installation/folders.js';
import { filesBelow, install, type Installed } from '../../installation/install.js';
import { keepLicences } from '../../installation/licences.js';
import { unpackWheels, type Pip } from '../../installation/pip.js';
import { cudaFolder, LIBRARIES } from './installation.js';
import type { CudaRelease } from './release.js';
import { RUNTIME_LIBRARY, runtimePackageLibrary } from './runtime-package.js';

const OWN_LICENCES = {
  'onnxruntime/LICENSE': 'onnxruntime-LICENSE',
  'onnxruntime/ThirdPartyNotices.txt': 'onnxruntime-ThirdPartyNotices.txt',
};

/**
 * Installs a release in a folder of its own below `root`, or checks the one that is there.
 *
 * @throws AssayError `usage`, `setup`, `output` or `interrupted`; what was there before stays.
 */
export function installRelease(release: CudaRelease, root: string, pip: Pip): Promise<Installed> {
  return install({
    version: release.runtime,
    folder: cudaFolder(root, release.runtime),
    digest: digestOfBytes(readFileSync(release.requirements)),
    preloaded: release.preloaded,
    kept: [LIBRARIES],
    space: release.space,
    fill: async (folder) => {
      fill(folder, await unpackWheels(release.requirements, folder, pip), release);
    },
    signal: pip.signal,
  });
}

/** Takes out of the unpacked wheels what is needed, and leaves nothing else behind. */
function fill(temporary: string, unpacked: string, release: CudaRelease): void {
  const libraries = join(temporary, LIBRARIES);
  mkdirSync(libraries);
  const files = filesBelow(unpacked);
  for (const name of [...release.preloaded, ...release.beside]) {
    const found = files.find((path) => path.endsWith(`/${name}`));
    if (found === undefined) throw new AssayError('setup', { what: `the wheels do not hold ${name}` });
    renameSync(found, join(libraries, name));
  }
  copyFileSync(runtimePackageLibrary(), join(libraries, RUNTIME_LIBRARY));
  keepLicences(files, join(temporary, 'licences'), OWN_LICENCES);
  for (const name of ['wheels', 'pip']) removeFolder(join(temporary, name));
}
