import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import {
  archiveName,
  SMALL_BINDING,
  smallTensorFlow,
  whenBuildable,
  type SmallTensorFlow,
} from '../../../../test/tensorflow-release.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { writeWheel } from '../../../../test/wheels.js';
import type { Installed } from '../../installation/install.js';
import type { Environment } from '../../installation/program.js';
import { installTensorFlow, type Tools } from './install.js';
import { tensorFlowRoot } from './places.js';
import { removeTensorFlow } from './setup.js';
import { everyNth, isDeep } from '../../../../test/tier.js';

const rootOf = (release: SmallTensorFlow): string => tensorFlowRoot(release.env);
const folderOf = (release: SmallTensorFlow): string => join(rootOf(release), '2.21.0-linux-x64');

function install(
  release: SmallTensorFlow,
  { env, ...choices }: Partial<Omit<Tools, 'env'>> & { readonly env?: Environment } = {},
): Promise<Installed> {
  return installTensorFlow(release, rootOf(release), {
    python: 'python3',
    from: release.index,
    cwd: temporaryFolder(),
    onLine: () => undefined,
    ...choices,
    env: { ...release.env, ...env },
  });
}

/** Everything below the cache, by path. */
function cached(release: SmallTensorFlow): string[] {
  const cache = release.env['XDG_CACHE_HOME'] ?? '';
  return existsSync(cache) ? readdirSync(cache, { recursive: true, encoding: 'utf8' }).sort() : [];
}

whenBuildable()('an installation', () => {
  test('holds the binding, TensorFlow, their terms and nothing else', async () => {
    const release = smallTensorFlow(temporaryFolder());
    const { installation, fetched } = await install(release);
    expect(fetched).toBe('absent');
    expect(installation).toMatchObject({ version: '2.21.0', folder: folderOf(release) });
    const files = readdirSync(folderOf(release), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folderOf(release).length + 1));
    const own = (name: string): string[] => ['index.js', 'package.json'].map((file) => `node_modules/${name}/${file}`);
    expect(files.sort()).toEqual(
      [
        'installation.json',
        'licences/tensorflow-LICENSE',
        'licences/tensorflow-THIRD_PARTY_NOTICES.txt',
        'licences/tensorflow_cpu-2.21.0.txt',
        ...['@mapbox/node-pre-gyp', '@tensorflow/tfjs', '@tensorflow/tfjs-core', 'google-protobuf', 'progress'].flatMap(
          own,
        ),
        ...own(SMALL_BINDING),
        ...[
          'binding/tfjs_binding.cc',
          'deps/lib/libtensorflow_cc.so.2',
          'deps/lib/libtensorflow_framework.so.2',
          'dist/index.js',
          'lib/napi-v8/tfjs_binding.node',
          'scripts/install.js',
        ].map((file) => `node_modules/${SMALL_BINDING}/${file}`),
      ].sort(),
    );
  });

  test('is made once, renewed when it is damaged or another one is asked for, and undone', async () => {
    const release = smallTensorFlow(temporaryFolder());
    await install(release);
    const before = statSync(folderOf(release)).ino;
    // Without a wheel, an archive or a compiler to be had: nothing is fetched or compiled again.
    const nothing = { from: temporaryFolder(), env: { CXX: '/nowhere/c++' } };
    expect((await install(release, nothing)).fetched).toBeNull();
    expect(statSync(folderOf(release)).ino).toBe(before);

    const binding = join(folderOf(release), 'node_modules', SMALL_BINDING, 'lib/napi-v8/tfjs_binding.node');
    const bytes = readFileSync(binding);
    writeFileSync(binding, bytes.subarray(1));
    await expect(install(release, nothing)).rejects.toThrow('/nowhere/c++');
    expect((await install(release)).fetched).toBe('damaged');
    expect(statSync(binding).size).toBe(bytes.length);
    writeFileSync(release.requirements, `${readFileSync(release.requirements, 'utf8')}# newer\n`);
    expect((await install(release)).fetched).toBe('outdated');

    rmSync(join(folderOf(release), 'installation.json'));
    expect(removeTensorFlow(release.env)).toBe(rootOf(release));
    expect(cached(release)).toEqual([]);
    expect(removeTensorFlow(release.env)).toBeNull();
  });

  test("takes a project's own packages, as they were published, and writes nothing there", async () => {
    const release = smallTensorFlow(temporaryFolder());
    const project = temporaryFolder({ 'node_modules/left/alone': '' });
    for (const { name } of release.packages) {
      const place = join(project, 'node_modules', name);
      mkdirSync(place, { recursive: true });
      spawnSync('tar', ['-xzf', join(release.index, archiveName(name)), '--strip-components=1', '-C', place]);
      rmSync(join(release.index, archiveName(name)));
    }
    const old = join(project, 'node_modules', SMALL_BINDING, 'deps/lib');
    mkdirSync(old, { recursive: true });
    writeFileSync(join(old, 'libtensorflow.so.2'), 'an old one');
    const before = readdirSync(project, { recursive: true, encoding: 'utf8' }).sort();
    mkdirSync(join(project, 'src'));
    await install(release, { cwd: join(project, 'src') });
    const libraries = join(folderOf(release), 'node_modules', SMALL_BINDING, 'deps/lib');
    expect(readdirSync(libraries)).toEqual(['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']);
    rmSync(join(project, 'src'), { recursive: true });
    expect(readdirSync(project, { recursive: true, encoding: 'utf8' }).sort()).toEqual(before);
  });

  if (isDeep) {
    test("takes the archives of npm's registry, and the wheel that is named", async () => {
      const release = smallTensorFlow(temporaryFolder());
      const wheels = temporaryFolder();
      const wheel = readdirSync(release.index).find((name) => name.endsWith('.whl')) ?? '';
      // A wheel of another Python has the same libraries, and counts where its hash is known.
      const other = wheel.replaceAll('cp312', 'cp311');
      renameSync(join(release.index, wheel), join(wheels, other));
      const registry = await serve(release);
      const { fetched } = await install(release, {
        from: join(wheels, other),
        env: { npm_config_registry: registry.url },
      });
      registry.close();
      expect(fetched).toBe('absent');
      expect(registry.asked.map((path) => decodeURIComponent(path))).toContain(`/${SMALL_BINDING}`);
    });
  }

  if (isDeep) {
    test('is not touched by another wheel or archive under the same name, which is named', async () => {
      const release = smallTensorFlow(temporaryFolder());
      await install(release);
      const before = cached(release);
      rmSync(join(folderOf(release), 'node_modules/progress/index.js'));
      const wheel = { name: 'tensorflow-cpu', version: '2.21.0', tag: 'cp312-cp312-manylinux_2_27_x86_64' };
      writeWheel(release.index, { ...wheel, files: { 'tensorflow/libtensorflow_cc.so.2': 'another' } });
      await expect(install(release)).rejects.toThrow(
        `the wheel of tensorflow-cpu==2.21.0 in ${release.index} is not the published one: its SHA-256 differs. Nothing was installed.`,
      );
      writeFileSync(join(release.index, archiveName('progress')), 'another');
      await expect(install(release)).rejects.toThrow(
        /progress-4\.0\.0-small\.tgz: this archive of progress 4\.0\.0-small is not the published one: its SHA-512 differs/,
      );
      expect(cached(release)).toEqual(before.filter((path) => !path.endsWith('progress/index.js')));
    });
  }

  test.each(everyNth(3, ['npm', 'pip', 'the compiler']))(
    'that is stopped in %s leaves nothing and ends as interrupted',
    async (where) => {
      const release = smallTensorFlow(temporaryFolder());
      const controller = new AbortController();
      const { choices, reached, close } = await silent(release, where);
      void reached.then(() => controller.abort());
      await expect(install(release, { ...choices, signal: controller.signal })).rejects.toMatchObject({
        code: 'interrupted',
      });
      close();
      expect(cached(release)).toEqual([]);
    },
  );
});

/** A registry of npm with the archives of a release. */
async function serve(release: SmallTensorFlow) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(request.url ?? '');
    const archive = /\/([^/]+\.tgz)$/.exec(path)?.[1];
    if (archive !== undefined) response.end(readFileSync(join(release.index, archive)));
    else response.end(JSON.stringify(packument(release, path.slice(1), urlOf(server))));
  });
  await listen(server);
  return { url: urlOf(server), asked, close: () => server.close() };
}

function packument({ packages }: SmallTensorFlow, name: string, url: string): unknown {
  const { version = '', integrity } = packages.find((each) => each.name === name) ?? {};
  const dist = { tarball: `${url}${archiveName(name)}`, integrity };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } };
}

/** Something in the way of an installation that never answers. */
async function silent(release: SmallTensorFlow, where: string) {
  if (where === 'the compiler') {
    const folder = temporaryFolder({
      'c++': `#!/bin/sh\ncase "$*" in *--version) exit 0;; esac\n: > "$(dirname "$0")/reached"\nsleep 100\n`,
    });
    chmodSync(join(folder, 'c++'), 0o755);
    const reached = until(() => existsSync(join(folder, 'reached')));
    return { choices: { env: { CXX: join(folder, 'c++') } }, reached, close: () => undefined };
  }
  const server = createServer(() => undefined);
  await listen(server);
  const asked = once(server, 'request');
  const env =
    where === 'npm' ? { npm_config_registry: urlOf(server) } : { PIP_NO_INDEX: '', PIP_INDEX_URL: urlOf(server) };
  if (where === 'npm') rmSync(join(release.index, archiveName('progress')));
  const choices = where === 'npm' ? { env } : { env, from: undefined, cwd: unpackedIn(release) };
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { choices, reached: asked, close };
}

/** A project that has the packages of npm, so that only pip is asked. */
function unpackedIn(release: SmallTensorFlow): string {
  const project = temporaryFolder();
  for (const { name } of release.packages) {
    const place = join(project, 'node_modules', name);
    mkdirSync(place, { recursive: true });
    spawnSync('tar', ['-xzf', join(release.index, archiveName(name)), '--strip-components=1', '-C', place]);
  }
  return project;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

whenBuildable()('what cannot be installed ends in one sentence:', () => {
  const cases: [string, (release: SmallTensorFlow) => Promise<unknown>, string, RegExp][] = [
    [
      'a compiler in CXX that is not there',
      (release) => install(release, { env: { CXX: '/nowhere/c++ -m64' } }),
      'usage',
      /^the C\+\+ compiler `\/nowhere\/c\+\+ -m64` of CXX does not run, .*in CXX\.$/,
    ],
    [
      'no compiler',
      (release) => install(release, { env: { PATH: '/nowhere' } }),
      'usage',
      /^there is no C\+\+ compiler, .*apt-get install g\+\+.*\.$/,
    ],
    [
      'no npm where packages have to be fetched',
      (release) => {
        rmSync(join(release.index, archiveName('progress')));
        return install(release, { env: { CXX: compilerPath(), PATH: '/nowhere' } });
      },
      'usage',
      /^`(npm|tar)` cannot be started \(it was not found\)\. .*/,
    ],
    [
      'a registry that cannot be reached',
      (release) => {
        rmSync(join(release.index, archiveName('progress')));
        return install(release);
      },
      'setup',
      /^npm could not reach its registry for progress \(ECONNREFUSED\)\. Nothing was installed\./,
    ],
    [
      'a folder without the wheel',
      (release) => {
        for (const name of readdirSync(release.index)) if (name.endsWith('.whl')) rmSync(join(release.index, name));
        return install(release);
      },
      'setup',
      /\/index: there is no wheel of tensorflow-cpu==2\.21\.0 for Linux x64\. .*pip download .*tensorflow-cpu==2\.21\.0\.?$/,
    ],
    [
      'a wheel without TensorFlow',
      () => {
        const other = smallTensorFlow(temporaryFolder(), { without: ['libtensorflow_framework.so.2'] });
        return install(other);
      },
      'setup',
      /^the wheels do not hold libtensorflow_framework\.so\.2/,
    ],
    [
      'a binding that does not compile',
      () => install(smallTensorFlow(temporaryFolder(), { binding: '#include <no_such_header.h>\n' })),
      'setup',
      /^`c\+\+` could not build the binding .*no_such_header\.h.*Nothing was installed\./,
    ],
    [
      'too little space',
      (release) => install({ ...release, space: 1e18 }),
      'output',
      /tensorflow: installing takes 1000000000\.0 GB of disk space, and [\d.]+ GB are free\. .*XDG_CACHE_HOME/,
    ],
  ];

  test.each(everyNth(3, cases))('%s', async (_, work, code, sentence) => {
    const release = smallTensorFlow(temporaryFolder());
    const error: unknown = await work(release).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AssayError);
    expect((error as AssayError).message).toMatch(sentence);
    expect((error as AssayError).message).not.toContain('\n');
    expect(error).toMatchObject({ code });
    expect(cached(release)).toEqual([]);
  });
});

function compilerPath(): string {
  return spawnSync('sh', ['-c', 'command -v c++'], { encoding: 'utf8' }).stdout.trim();
}
