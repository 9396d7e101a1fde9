import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '#base/package-root';
import { FIRST, smallRelease, type SmallRelease } from '../../../../test/cuda-release.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { whenPip } from '../../../../test/wheels.js';
import { installRelease } from './install.js';
import { cudaFolder, cudaInstallation, cudaRoot } from './installation.js';

/** What only a process of its own shows: being killed, and which library is in memory. */

const compiled = (file: string): string =>
  JSON.stringify(pathToFileURL(join(packageRoot(), 'dist/src/engine/onnx/cuda', file)).href);
const MODEL = JSON.stringify(join(packageRoot(), 'fixtures/models/fashion-mlp.onnx'));

function install(release: SmallRelease) {
  const pip = { python: 'python3', env: release.env, onLine: () => undefined };
  return installRelease(release, cudaRoot(release.env), pip);
}

whenPip()('an installation that is killed', () => {
  test('leaves nothing that counts, and the next one is whole', async () => {
    const release = smallRelease(temporaryFolder());
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const env = { ...release.env, PIP_NO_INDEX: '', PIP_FIND_LINKS: '', PIP_INDEX_URL: `http://127.0.0.1:${port}/` };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', INSTALL], {
      env: { ...env, RELEASE: JSON.stringify(release) },
      stdio: 'inherit',
    });
    await once(server, 'request');
    child.kill('SIGKILL');
    await once(child, 'close');
    server.closeAllConnections();
    server.close();
    expect(readdirSync(cudaRoot(release.env))).toEqual([
      `${basename(cudaFolder('', release.runtime))}.tmp-${child.pid}`,
    ]);
    expect(cudaInstallation(release.env)).toBeNull();

    const { installation } = await install(release);
    expect(readdirSync(cudaRoot(release.env))).toEqual([basename(installation.folder)]);
  });
});

const INSTALL = `
const { installRelease } = await import(${compiled('install.js')});
const { cudaRoot } = await import(${compiled('installation.js')});
const env = process.env;
await installRelease(JSON.parse(env.RELEASE), cudaRoot(env), { python: 'python3', env, onLine: () => undefined });
`;

interface Loaded {
  readonly provider: { readonly state: string; readonly reason?: string };
  /** ONNX Runtime's libraries in memory. */
  readonly runtimes: readonly string[];
  readonly cpu: string;
  readonly cuda: string;
  readonly log: string;
}

/** The library stands for the driver, and for one of NVIDIA's: any will do that is no addon of Node. */
const SOME_LIBRARY = /\S+\/libm\.so\.6$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0] ?? '';
const driverIsHere = existsSync('/proc/driver/nvidia/version');

function load(release: SmallRelease, before: string, driver: boolean): Loaded {
  const drivers = temporaryFolder();
  if (driver) symlinkSync(SOME_LIBRARY, join(drivers, 'libcuda.so.1'));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', before + LOAD], {
    cwd: packageRoot(),
    env: { ...release.env, LD_LIBRARY_PATH: drivers },
    encoding: 'utf8',
  });
  return { ...(JSON.parse(stdout) as Loaded), log: stderr };
}

const LOAD = `
const { loadCudaProvider } = await import(${compiled('load.js')});
const provider = loadCudaProvider();
const again = loadCudaProvider();
if (JSON.stringify(again) !== JSON.stringify(provider)) throw new Error('another answer');
const { InferenceSession } = (await import('onnxruntime-node')).default;
const { readFileSync } = await import('node:fs');
const maps = readFileSync('/proc/self/maps', 'utf8').split('\\n').map((line) => line.slice(line.indexOf('/')));
const open = (device) => InferenceSession.create(${MODEL}, { executionProviders: [device] }).then(() => 'opened', String);
const runtimes = [...new Set(maps.filter((path) => path.endsWith('libonnxruntime.so.1')))];
console.log(JSON.stringify({ provider, runtimes, cpu: await open('cpu'), cuda: await open('cuda') }));
`;

whenPip()('the provider in a process', () => {
  let release: SmallRelease;
  let libraries: string;

  beforeAll(async () => {
    release = smallRelease(temporaryFolder(), { [FIRST]: readFileSync(SOME_LIBRARY) });
    libraries = join((await install(release)).installation.folder, 'lib');
  });

  test("the runtime of the cache is the package's, and looks for providers in the cache", () => {
    const { provider, runtimes, cpu, cuda, log } = load(release, '', true);
    expect(provider).toEqual({ state: 'loaded', version: release.runtime, folder: join(libraries, '..') });
    expect(runtimes).toEqual([join(libraries, 'libonnxruntime.so.1')]);
    expect(cpu).toBe('opened');
    // The providers of this installation are no libraries; that the runtime tried to load one shows where it looks.
    expect(cuda).toContain('Failed to load shared library');
    expect(log).toContain(join(libraries, 'libonnxruntime_providers_shared.so'));
  });

  test('comes too late behind the package', () => {
    const { provider, runtimes, cpu } = load(release, "await import('onnxruntime-node');", true);
    expect(provider).toMatchObject({ state: 'absent', reason: 'runtime-loaded-before' });
    expect(runtimes).toEqual([expect.stringMatching(/node_modules\/onnxruntime-node\/.*\/libonnxruntime\.so\.1$/)]);
    expect(cpu).toBe('opened');
  });

  (driverIsHere ? test.skip : test)('is not loaded without a driver', () => {
    const { provider, cpu } = load(release, '', false);
    expect(provider).toMatchObject({ state: 'absent', reason: 'no-driver' });
    expect(cpu).toBe('opened');
  });

  test('that is broken is said to be', async () => {
    const broken = smallRelease(temporaryFolder());
    await install(broken);
    const { provider, cpu } = load(broken, '', true);
    expect(provider).toMatchObject({ state: 'absent', reason: 'not-loadable' });
    expect(provider).toHaveProperty('sentence', expect.stringContaining(`lib/${FIRST} cannot be loaded (`));
    expect(cpu).toBe('opened');
  });

  test('that is not installed is said to be', () => {
    const none = smallRelease(temporaryFolder());
    mkdirSync(cudaRoot(none.env), { recursive: true });
    const { provider, cpu } = load(none, '', true);
    expect(provider).toMatchObject({ state: 'absent', reason: 'not-installed' });
    expect(provider).toHaveProperty('sentence', expect.stringContaining('`assay setup onnx --gpu`'));
    expect(cpu).toBe('opened');
  });
});
