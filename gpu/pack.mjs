// Packs what check.sh needs into one archive, for a machine without a network: `npm run gpu:pack [-- --out FOLDER]`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const MOST_BYTES = 60 * 2 ** 20;
/** The system that the archive is for; Node and ONNX Runtime are those of this machine. */
const SYSTEM = 'linux-x64';
const RUNTIME_BINARIES = 'node_modules/onnxruntime-node/bin/napi-v6';
const OF_OTHERS = /^node_modules\/(?:@tensorflow\/|h5wasm$)/;
/** Beside what the package has. */
const ALSO = [
  'gpu',
  'fixtures/gradients',
  'fixtures/training',
  'bench/peer.mjs',
  'bench/peers/on_demand.py',
  'bench/peers/pgd_torch.py',
  ...['files', 'networks', 'train_classifiers'].map((name) => `fixtures/make/${name}.py`),
];

const { values } = parseArgs({ options: { out: { type: 'string', default: '.' } } });
if (`${process.platform}-${process.arch}` !== SYSTEM) fail(`The archive is made on ${SYSTEM}.`);
requireSelfContainedNode();

const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const archive = join(resolve(values.out), `${name}-gpu-${version}-${SYSTEM}.tar.xz`);
const temporary = mkdtempSync(join(tmpdir(), 'assay-pack-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));
const folder = join(temporary, `${name}-gpu`);

for (const path of [...packageFiles(), ...ALSO]) copy(path);
for (const path of dependencies()) copy(path);
await compile();
mkdirSync(join(folder, 'bin'));
cpSync(process.execPath, join(folder, 'bin/node'));
// The strongest level takes six times as long for a sixth less.
run('tar', [
  '--create',
  '--use-compress-program=xz -1 -T0',
  '--file',
  archive,
  '--directory',
  temporary,
  `${name}-gpu`,
]);

const { size } = statSync(archive);
process.stdout.write(`${archive}: ${(size / 2 ** 20).toFixed(1)} MiB\n`);
if (size > MOST_BYTES) fail(`The archive has to be smaller than ${MOST_BYTES / 2 ** 20} MiB.`);

/** As npm would publish them. */
function packageFiles() {
  const [{ files }] = JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']));
  return files.map(({ path }) => path);
}

/** Folders of the packages that are needed to run, from the root; other engines and formats load theirs when they are asked for. */
function dependencies() {
  const [, ...folders] = run('npm', ['ls', '--omit=dev', '--all', '--parseable']).trim().split('\n');
  return folders.map((path) => relative(root, path)).filter((path) => !OF_OTHERS.test(path));
}

function copy(path) {
  cpSync(join(root, path), join(folder, path), {
    recursive: true,
    filter: (source) => isNeeded(relative(root, source)),
  });
}

/** Of ONNX Runtime the binary of one system alone. */
function isNeeded(path) {
  if (!path.startsWith(`${RUNTIME_BINARIES}/`)) return true;
  return (
    `${RUNTIME_BINARIES}/${SYSTEM.replace('-', '/')}/`.startsWith(`${path}/`) || path.includes(SYSTEM.replace('-', '/'))
  );
}

async function compile() {
  await build({
    absWorkingDir: root,
    entryPoints: { compiled: 'gpu/compiled.ts', 'device-worker': 'test/device-worker.ts' },
    outdir: join(folder, 'gpu'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is loaded when it is asked for, such as another engine, stays apart.
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['assay-source'],
    packages: 'external',
    logLevel: 'error',
  });
}

/** Some systems keep most of Node in libraries of their own, which another machine has not. */
function requireSelfContainedNode() {
  const { stdout } = spawnSync('ldd', [process.execPath], { encoding: 'utf8' });
  const [own] = /lib(?:node|uv|v8|icu\w*)\.so\S*/.exec(stdout ?? '') ?? [];
  if (own !== undefined)
    fail(`This Node needs ${own} of this machine. Take one from nodejs.org or from npm's package node.`);
}

function run(command, args) {
  const { status, stdout, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error !== undefined) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) fail(`${command} ${args.join(' ')} ended with ${status}`);
  return stdout;
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
