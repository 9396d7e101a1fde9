// Builds `dist`, `schema` and `docs/plugins` when a source has changed since the last build. A build is made in a folder of its own
// and renamed at the end, so two builds at once, or a build beside a running Assay, do no harm.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const ROOMS = ['src', 'attacks', 'defenses', 'probes', 'reports'];
/** Made from the compiled sources, and published beside them. */
const GENERATED = ['schema', 'docs/plugins'];
const ALSO_DECIDES = ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** What Node starts or imports from outside. */
const PROGRAMS = [
  'src/cli/main.ts',
  'src/pipeline/worker-entry.ts',
  'src/pipeline/watchdog.ts',
  'src/jest/host.ts',
  'src/engine/onnx/devices/prove-entry.ts',
  'src/engine/onnx/threads/thread-entry.ts',
  'src/engine/tfjs/native/prove-entry.ts',
  'src/index.ts',
  'src/jest/index.ts',
  'src/testing/index.ts',
];

const digest = digestOf([...ROOMS, ...ALSO_DECIDES].flatMap(filesBelow).filter(isSource));
if (!isBuilt()) await buildAll();

async function buildAll() {
  console.error('Building ...');
  const fresh = join(root, `dist.${process.pid}`);
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  compile(fresh);
  copyResources(fresh);
  await bundleGradients(fresh);
  await bundlePrograms(fresh);
  await bundle(fresh);
  chmodSync(join(fresh, 'src/cli/main.js'), 0o755);
  writeFileSync(join(fresh, '.build'), digest);
  put(fresh);
  node('scripts/write-schemas.mjs');
  node('scripts/write-plugin-pages.mjs');
}

function isBuilt() {
  const mark = join(dist, '.build');
  return (
    existsSync(mark) &&
    readFileSync(mark, 'utf8') === digest &&
    GENERATED.every((folder) => existsSync(join(root, folder)))
  );
}

function compile(fresh) {
  node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh);
}

/** Templates, style sheets and tables: whatever lies among the sources and is not TypeScript. */
function copyResources(fresh) {
  for (const file of ROOMS.flatMap(filesBelow).filter((file) => isSource(file) && !file.endsWith('.ts'))) {
    mkdirSync(dirname(join(fresh, file)), { recursive: true });
    cpSync(join(root, file), join(fresh, file));
  }
}

/** The gradients of TensorFlow.js are ES modules without file extensions, which Node does not link: they become one file. */
async function bundleGradients(fresh) {
  const file = join(fresh, 'src/engine/tfjs/register-gradients.js');
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: true,
    logLevel: 'warning',
  });
}

/** What cannot be required, as it is ES modules only, becomes part of the bundles; all other dependencies stay outside. */
function modulesInside() {
  const resolve = createRequire(import.meta.url).resolve;
  return {
    name: 'modules-inside',
    setup(bundler) {
      bundler.onResolve({ filter: /^(?:@jsquash\/|hyparquet)/ }, ({ path }) => ({ path: resolve(path) }));
    },
  };
}

/**
 * A command loads a thousand small modules in half a second, and every process of an audit does so again. In the place of the
 * programs come a few larger ones, which share what they have in common; dependencies but one stay outside. What is imported
 * dynamically is still loaded when it is needed.
 */
async function bundlePrograms(fresh) {
  await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outbase: root,
    outdir: fresh,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    plugins: [gradientsInside(), typesInside()],
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['assay-source'],
    logLevel: 'warning',
  });
}

function gradientsInside() {
  return {
    name: 'gradients-inside',
    setup(bundler) {
      bundler.onResolve({ filter: /^@tensorflow\/tfjs-core\/dist\/.*register_all_\w+\.js$/ }, ({ path }) => ({
        path: join(root, 'node_modules', path),
      }));
    },
  };
}

/** TypeBox is three quarters of all files that a process would load; of its modules only what is used comes along. */
function typesInside() {
  return {
    name: 'types-inside',
    setup(bundler) {
      bundler.onResolve({ filter: /^@sinclair\/typebox(\/value)?$/ }, ({ path }) => ({
        path: join(root, 'node_modules/@sinclair/typebox/build/esm', path.split('/')[2] ?? '', 'index.mjs'),
        sideEffects: false,
      }));
    },
  };
}

/** CommonJS for programs that still `require`: one file an entry, with the dependencies left outside. */
async function bundle(fresh) {
  const entries = { index: 'src/index.ts', jest: 'src/jest/index.ts', testing: 'src/testing/index.ts' };
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: join(fresh, 'cjs'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    packages: 'external',
    plugins: [gradientsInside(), modulesInside()],
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    conditions: ['assay-source'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  for (const [name, source] of Object.entries(entries)) {
    const module = `../${source.replace(/\.ts$/, '.js')}`;
    writeFileSync(join(fresh, 'cjs', `${name}.d.cts`), `export * from '${module}';\n`);
  }
  for (const file of ['jest-environment.cjs', 'jest-environment.d.cts']) {
    cpSync(join(root, 'src/jest', file), join(fresh, 'cjs', file));
  }
}

/** Puts the new build in the place of the old one. Of two builds of the same sources either may win. */
function put(fresh) {
  for (let attempt = 0; attempt < 10; attempt++) {
    const old = join(root, `dist.${process.pid}.old`);
    try {
      if (existsSync(dist)) renameSync(dist, old);
      renameSync(fresh, dist);
      return;
    } catch (error) {
      // Another build was faster with one of the two steps.
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
    if (isBuilt()) return;
  }
  throw new Error('other builds kept replacing dist');
}

function node(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/** Paths from the root with forward slashes, sorted; a file is its own only entry. */
function filesBelow(name) {
  const path = join(root, name);
  if (!existsSync(path)) return [];
  const entries = readdirSyncOrNull(path);
  if (entries === null) return [name];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
}

function readdirSyncOrNull(path) {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return null;
    throw error;
  }
}

function isSource(file) {
  return !/\.(test|e2e|deep)\.ts$/.test(file);
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
