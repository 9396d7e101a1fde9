import { cpSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { removeFolder } from '../../installation/folders.js';
import { filesBelow, install, type Installed } from '../../installation/install.js';
import { keepLicences } from '../../installation/licences.js';
import { unpackWheels, type Pip } from '../../installation/pip.js';
import { compile, COMPILER_FLAGS, findCompiler, type Compiler } from './compile.js';
import { gatherPackages } from './npm.js';
import { BINDING, LIBRARIES, MODULES, tensorFlowFolder } from './places.js';
import type { TensorFlowRelease } from './release.js';
import { STAND_INS, writeStandIns } from './stand-ins.js';

/** What installing takes from the user: their pip, their npm and their compiler. */
export interface Tools extends Pip {
  /** Where they are: a project may have the npm packages. */
  readonly cwd: string;
}

const TENSORFLOW_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const OWN_LICENCES = {
  'tensorflow/include/LICENSE': 'tensorflow-LICENSE',
  'tensorflow/THIRD_PARTY_NOTICES.txt': 'tensorflow-THIRD_PARTY_NOTICES.txt',
};
/** What only stands there while the folder is filled. */
const SCAFFOLDING = ['wheels', 'pip', 'npm', 'compiler'];

/**
 * Installs native TensorFlow for TensorFlow.js in a folder of its own below `root`, or checks the one that is there.
 *
 * @throws AssayError `usage`, `setup`, `output` or `interrupted`; what was there before stays.
 */
export function installTensorFlow(release: TensorFlowRelease, root: string, tools: Tools): Promise<Installed> {
  return install({
    version: release.version,
    folder: tensorFlowFolder(root, release.version, release.platform, release.gpu),
    digest: digestOfBytes(
      readFileSync(release.requirements),
      JSON.stringify([release.packages, STAND_INS, COMPILER_FLAGS]),
    ),
    preloaded: [],
    kept: [MODULES],
    space: release.space,
    fill: (folder) => fill(folder, release, tools),
    signal: tools.signal,
  });
}

async function fill(folder: string, release: TensorFlowRelease, tools: Tools): Promise<void> {
  const compiler = await findCompiler(tools);
  const packages = await gatherPackages(release.packages, join(folder, 'npm'), tools);
  const wheels = await unpackWheels(release.requirements, folder, tools);
  const place = join(folder, MODULES, bindingOf(release));
  placePackages(folder, release, packages);
  placeLibraries(wheels, place);
  tools.onLine(`Compiling the binding with ${compiler.join(' ')}`);
  const includes = [join(wheels, 'tensorflow/include'), join(packages.get('node-api-headers') ?? '', 'include')];
  await compileBinding(compiler, place, includes, join(folder, 'compiler'), tools);
  keepLicences(filesBelow(wheels), join(folder, 'licences'), OWN_LICENCES);
  for (const name of SCAFFOLDING) removeFolder(join(folder, name));
}

function bindingOf({ packages }: TensorFlowRelease): string {
  return packages[0]?.name ?? '';
}

/** A package of a project may have been built there: only what was published is taken. */
function placePackages(folder: string, release: TensorFlowRelease, packages: ReadonlyMap<string, string>): void {
  for (const [name, source] of packages) {
    if (name === 'node-api-headers') continue;
    const left = name === bindingOf(release) ? ['node_modules', 'deps', 'lib', 'build'] : ['node_modules'];
    cpSync(source, join(folder, MODULES, name), {
      recursive: true,
      dereference: true,
      filter: (path) => !left.includes(relative(source, path)),
    });
  }
  writeStandIns(folder);
}

/** Where TensorFlow looks for those of NVIDIA: `$ORIGIN/../nvidia/cudnn/lib`, as the wheels have them. */
function placeLibraries(wheels: string, place: string): void {
  for (const name of TENSORFLOW_LIBRARIES) {
    const source = join(wheels, 'tensorflow', name);
    move(source, join(place, LIBRARIES, name));
  }
  for (const path of filesBelow(wheels)) {
    const name = relative(wheels, path);
    if (isNeeded(name)) move(path, join(place, LIBRARIES, '..', name));
  }
}

/** Libraries that are loaded, and what compiles kernels for a device. */
function isNeeded(name: string): boolean {
  if (/^nvidia\/[^/]+\/lib\/[^/]+\.so(\.\d+)*$/.test(name)) return !basename(name).includes('.alt.');
  return /^nvidia\/cuda_nvcc\/(bin\/ptxas|nvvm\/libdevice\/.+)$/.test(name);
}

function move(source: string, destination: string): void {
  mkdirSync(dirname(destination), { recursive: true });
  try {
    renameSync(source, destination);
  } catch (cause) {
    throw new AssayError('setup', { what: `the wheels do not hold ${basename(source)}`, cause });
  }
}

function compileBinding(
  compiler: Compiler,
  place: string,
  includes: readonly string[],
  temporary: string,
  tools: Tools,
): Promise<void> {
  const output = join(place, BINDING);
  return compile(
    compiler,
    {
      files: filesBelow(join(place, 'binding')).filter((path) => path.endsWith('.cc')),
      includes,
      libraries: TENSORFLOW_LIBRARIES.map((name) => join(place, LIBRARIES, name)),
      librariesFrom: relative(dirname(output), join(place, LIBRARIES)),
      output,
      temporary,
    },
    tools,
  );
}
