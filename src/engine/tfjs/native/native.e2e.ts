import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '#base/package-root';
import {
  archiveName,
  SMALL_BINDING,
  SMALL_VERSION,
  smallTensorFlow,
  whenBuildable,
  type SmallTensorFlow,
} from '../../../../test/tensorflow-release.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { installTensorFlow } from './install.js';
import { installationFor, tensorFlowInstallations, type TensorFlowInstallation } from './installations.js';
import { tensorFlowRoot } from './places.js';
import { keptProof } from './proofs.js';
import { proveTensorFlow } from './prove.js';
import { removeTensorFlow } from './setup.js';

/** What only processes of their own show: being killed, dying, and what is in memory and on stderr. */

const FOLDER = '2.21.0-linux-x64';
const compiled = (file: string): string =>
  JSON.stringify(pathToFileURL(join(packageRoot(), 'dist/src/engine/tfjs/native', file)).href);

async function install(release: SmallTensorFlow): Promise<TensorFlowInstallation> {
  const tools = { python: 'python3', from: release.index, cwd: temporaryFolder(), env: release.env };
  await installTensorFlow(release, tensorFlowRoot(release.env), { ...tools, onLine: () => undefined });
  const installation = installationFor(false, release.env);
  if (installation === null) throw new Error('it is not where it is looked for');
  return installation;
}

const INSTALL = `
const { installTensorFlow } = await import(${compiled('install.js')});
const { installationFor } = await import(${compiled('installations.js')});
const { tensorFlowRoot } = await import(${compiled('places.js')});
const { proveTensorFlow } = await import(${compiled('prove.js')});
const { env } = process;
const tools = { python: 'python3', from: env.FROM || undefined, cwd: env.PROJECT, env, onLine: () => undefined };
await installTensorFlow(JSON.parse(env.RELEASE), tensorFlowRoot(env), tools);
await proveTensorFlow(installationFor(false, env), { env, ...(env.ENTRY ? { entry: env.ENTRY } : {}) });
`;

interface Obstruction {
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when the installation has come there. */
  readonly reached: Promise<unknown>;
  readonly clear: () => void;
}

/** Programs and servers that an installation comes to and that never answer. */
const OBSTRUCTIONS: Readonly<Record<string, (release: SmallTensorFlow) => Promise<Obstruction>>> = {
  'fetching packages': async (release) => {
    const archive = join(release.index, archiveName('progress'));
    const aside = `${archive}.aside`;
    cpSync(archive, aside);
    rmSync(archive);
    const { url, reached, close } = await silentServer();
    const clear = (): void => {
      close();
      cpSync(aside, archive);
    };
    return { env: { npm_config_registry: url }, reached, clear };
  },
  'fetching wheels': async (release) => {
    const { url, reached, close } = await silentServer();
    const env = { PIP_NO_INDEX: '', PIP_INDEX_URL: url, FROM: '', PROJECT: projectWith(release) };
    return { env, reached, clear: close };
  },
  compiling: () => {
    const { path, reached, end } = sleeper('case "$*" in *--version) exit 0;; esac');
    return Promise.resolve({ env: { CXX: path }, reached, clear: end });
  },
  'trying it': () => {
    const folder = temporaryFolder({
      'entry.mjs': `import { writeFileSync } from 'node:fs';
        import { dirname } from 'node:path';
        import { fileURLToPath } from 'node:url';
        writeFileSync(dirname(fileURLToPath(import.meta.url)) + '/pid', String(process.pid));
        setInterval(() => undefined, 1000);`,
    });
    const { reached, end } = waiter(folder);
    return Promise.resolve({ env: { ENTRY: join(folder, 'entry.mjs') }, reached, clear: end });
  },
};

function projectWith(release: SmallTensorFlow): string {
  const project = temporaryFolder();
  for (const { name } of release.packages) {
    cpSync(join(release.index, '../sources', name, 'package'), join(project, 'node_modules', name), {
      recursive: true,
    });
  }
  return project;
}

async function silentServer() {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, reached: once(server, 'request'), close };
}

/** A program that says that it runs, and goes on running. */
function sleeper(before: string) {
  const folder = temporaryFolder({ program: `#!/bin/sh\n${before}\necho $$ > '@/pid'\nexec sleep 100\n` });
  const path = join(folder, 'program');
  writeFileSync(path, readFileSync(path, 'utf8').replace('@', folder));
  chmodSync(path, 0o755);
  return { path, ...waiter(folder) };
}

function waiter(folder: string) {
  const pid = (): string => (existsSync(join(folder, 'pid')) ? readFileSync(join(folder, 'pid'), 'utf8').trim() : '');
  const until = async (): Promise<void> => {
    while (pid() === '') await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const end = (): void => {
    try {
      process.kill(Number(pid()), 'SIGKILL');
    } catch {
      return;
    }
  };
  return { reached: until(), end };
}

whenBuildable()('an installation that is killed while it is', () => {
  test.each(Object.keys(OBSTRUCTIONS))('%s leaves nothing that counts, and the next one is whole', async (moment) => {
    const release = smallTensorFlow(temporaryFolder());
    const { env, reached, clear } = (await OBSTRUCTIONS[moment]?.(release)) ?? fail();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', INSTALL], {
      env: {
        ...release.env,
        FROM: release.index,
        PROJECT: temporaryFolder(),
        RELEASE: JSON.stringify(release),
        ...env,
      },
      stdio: 'inherit',
    });
    await Promise.race([reached, once(child, 'exit').then(() => Promise.reject(new Error('it ended by itself')))]);
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
    clear();
    const root = tensorFlowRoot(release.env);
    const [left] = tensorFlowInstallations(release.env);
    if (moment === 'trying it') expect(left === undefined ? undefined : keptProof(left)).toBeNull();
    else expect([readdirSync(root), left]).toEqual([[`${FOLDER}.tmp-${child.pid}`], undefined]);

    const installation = await install(release);
    expect(readdirSync(root)).toEqual([FOLDER]);
    expect(await proveTensorFlow(installation, { env: release.env })).toMatchObject({ works: true });
    expect(removeTensorFlow(release.env)).toBe(root);
    expect(readdirSync(release.env['XDG_CACHE_HOME'] ?? '')).toEqual([]);
  });

  test('fetching wheels is removed as if it were whole', async () => {
    const release = smallTensorFlow(temporaryFolder());
    const { env, reached, clear } = (await OBSTRUCTIONS['fetching wheels']?.(release)) ?? fail();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', INSTALL], {
      env: { ...release.env, RELEASE: JSON.stringify(release), ...env },
      stdio: 'inherit',
    });
    await reached;
    child.kill('SIGKILL');
    await once(child, 'exit');
    clear();
    expect(removeTensorFlow(release.env)).toBe(tensorFlowRoot(release.env));
    expect(readdirSync(release.env['XDG_CACHE_HOME'] ?? '')).toEqual([]);
  });
});

function fail(): never {
  throw new Error('there is no such moment');
}

whenBuildable()('an installation', () => {
  let release: SmallTensorFlow;
  let installation: TensorFlowInstallation;
  let script: string;

  beforeAll(async () => {
    release = smallTensorFlow(temporaryFolder());
    installation = await install(release);
    script = readFileSync(join(installation.place, 'dist/index.js'), 'utf8');
  });

  const proofWith = async (index: string) => {
    writeFileSync(join(installation.place, 'dist/index.js'), index);
    const proof = await proveTensorFlow(installation, { env: release.env });
    expect(keptProof(installation)).toEqual(proof);
    return proof;
  };

  test('is proved by a model and its gradients, which JavaScript computes, too', async () => {
    expect(await proofWith(script)).toMatchObject({ works: true, tensorflowVersion: SMALL_VERSION, device: 'cpu' });
  });

  test.each([
    [
      'computes something else',
      `tf.unregisterKernel('Relu', 'tensorflow');
       const { kernelFunc } = tf.getKernel('Relu6', 'cpu');
       const shifted = (call) => kernelFunc({ ...call, inputs: { x: tf.add(call.inputs.x, 0.001) } });
       tf.registerKernel({ kernelName: 'Relu', backendName: 'tensorflow', kernelFunc: shifted });`,
      /^it computes something else than JavaScript \(by [\d.e-]+\)$/,
    ],
    ['dies', `process.kill(process.pid, 'SIGILL'); for (;;);`, /^the process that tried it died \(SIGILL\)$/],
    ['cannot be loaded', `throw new Error('broken');`, /tfjs-node cannot be loaded \(broken\)\. Run `assay setup/],
  ])('that %s is not proved, and says so', async (_, fault, because) => {
    const proof = await proofWith(`${script}\n${fault}`);
    expect(proof).toMatchObject({ works: false, because: expect.stringMatching(because) as string });
  });

  test('is loaded where Assay runs: one TensorFlow.js, nothing on stderr, no warnings of Node', async () => {
    await proofWith(script);
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', LOAD], {
      cwd: packageRoot(),
      env: release.env,
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(JSON.parse(stdout)).toEqual({
      loaded: { state: 'loaded', package: SMALL_BINDING, tensorflowVersion: SMALL_VERSION, device: 'cpu', node: {} },
      backend: 'tensorflow',
      gradient: [6, -2],
      libraries: ['libtensorflow_cc.so.2'].map((name) => join(installation.place, 'deps/lib', name)),
    });
  });
});

const LOAD = `
const tf = await import('@tensorflow/tfjs-core');
tf.env().set('PROD', true);
await import('@tensorflow/tfjs-backend-cpu');
const { loadNativeTensorFlow } = await import(${compiled('load.js')});
const loaded = loadNativeTensorFlow();
const gradient = [...tf.grad((x) => tf.sum(tf.mul(x, x)))(tf.tensor1d([3, -1])).dataSync()];
const { readFileSync } = await import('node:fs');
const maps = readFileSync('/proc/self/maps', 'utf8').split('\\n').map((line) => line.slice(line.indexOf('/')));
const libraries = [...new Set(maps.filter((path) => path.endsWith('libtensorflow_cc.so.2')))];
console.log(JSON.stringify({ loaded, backend: tf.getBackend(), gradient, libraries }));
`;
