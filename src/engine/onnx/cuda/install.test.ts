import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { BESIDE, FIRST, NVIDIA, smallRelease, type SmallRelease } from '../../../../test/cuda-release.js';
import { whenPip, writeWheel } from '../../../../test/wheels.js';
import { AssayError } from '#base/errors';
import type { Installed } from '../../installation/install.js';
import type { Environment } from '../../installation/program.js';
import { installRelease } from './install.js';
import { cudaFolder, cudaInstallation, cudaRoot } from './installation.js';
import { runtimePackageLibrary } from './runtime-package.js';
import { removeCuda } from './setup.js';
import { everyNth, isDeep } from '../../../../test/tier.js';

const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const rootOf = (release: SmallRelease): string => cudaRoot(release.env);
const folderOf = (release: SmallRelease): string => cudaFolder(rootOf(release), release.runtime);

interface Choices {
  readonly python?: string;
  readonly env?: Environment;
  readonly signal?: AbortSignal;
}

function install(release: SmallRelease, { python = 'python3', env, signal }: Choices = {}): Promise<Installed> {
  return installRelease(release, rootOf(release), {
    python,
    env: { ...release.env, ...env },
    onLine: () => undefined,
    signal,
  });
}

/** Everything below the cache, by path. */
function cached(release: SmallRelease): string[] {
  const cache = join(rootOf(release), '..', '..');
  return existsSync(cache) && statSync(cache).isDirectory()
    ? readdirSync(cache, { recursive: true, encoding: 'utf8' }).sort()
    : [];
}

whenPip()('an installation', () => {
  test('holds the libraries, the runtime, their terms and nothing else', async () => {
    const release = smallRelease(temporaryFolder());
    const { installation, fetched } = await install(release);
    const folder = folderOf(release);
    expect(fetched).toBe('absent');
    expect(readdirSync(rootOf(release))).toEqual([`${release.runtime}-${process.platform}-${process.arch}`]);
    expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'installation.json',
      'lib',
      `lib/${BESIDE}`,
      `lib/${FIRST}`,
      'lib/libonnxruntime.so.1',
      'lib/libonnxruntime_providers_cuda.so',
      'lib/libonnxruntime_providers_shared.so',
      'licences',
      'licences/nvidia_first-13.0.1.txt',
      'licences/onnxruntime-LICENSE',
      `licences/onnxruntime_gpu-${release.runtime}.txt`,
    ]);
    expect(readFileSync(join(folder, 'lib', FIRST), 'utf8')).toBe('first');
    expect(digestOf(join(folder, 'lib/libonnxruntime.so.1'))).toBe(digestOf(runtimePackageLibrary()));
    expect(cudaInstallation(release.env)).toEqual(installation);
    const sizes = readdirSync(join(folder, 'lib')).map((name) => statSync(join(folder, 'lib', name)).size);
    expect(installation).toEqual({
      version: release.runtime,
      folder,
      bytes: sizes.reduce((a, b) => a + b),
    });
  });

  test('does not need the folder of commands that pyenv keeps', async () => {
    const release = smallRelease(temporaryFolder());
    const python = join(
      temporaryFolder({
        python3: '#!/bin/sh\npython3 "$@" || exit\ncase "$*" in *" -m pip "* | "-m pip "*) exit 1;; esac\n',
      }),
      'python3',
    );
    chmodSync(python, 0o755);
    expect((await install(release, { python })).fetched).toBe('absent');
  });

  test('is made once, renewed when it is damaged or other wheels are asked for, and undone', async () => {
    const release = smallRelease(temporaryFolder());
    await install(release);
    const before = statSync(folderOf(release)).ino;
    // Without a single wheel to be had: nothing is fetched again.
    expect((await install(release, { env: { PIP_FIND_LINKS: '/nowhere' } })).fetched).toBeNull();
    expect(statSync(folderOf(release)).ino).toBe(before);

    const library = join(folderOf(release), 'lib', FIRST);
    writeFileSync(library, 'firsT');
    await expect(install(release, { env: { PIP_FIND_LINKS: '/nowhere' } })).rejects.toThrow('has no wheel');
    expect((await install(release)).fetched).toBe('damaged');
    expect(readFileSync(library, 'utf8')).toBe('first');
    writeFileSync(release.requirements, `${readFileSync(release.requirements, 'utf8')}# newer\n`);
    expect((await install(release)).fetched).toBe('outdated');

    rmSync(join(folderOf(release), 'installation.json'));
    expect(cudaInstallation(release.env)).toBeNull();
    expect(removeCuda(release.env)).toBe(rootOf(release));
    expect(cached(release)).toEqual([]);
    expect(removeCuda(release.env)).toBeNull();
  });

  if (isDeep) {
    test('is not touched by another wheel under the same name, which is named', async () => {
      const release = smallRelease(temporaryFolder());
      await install(release);
      const before = cached(release);
      writeWheel(release.index, { ...NVIDIA, files: { [`nvidia/cu13/lib/${FIRST}`]: 'not the published one' } });
      writeFileSync(join(folderOf(release), 'lib', FIRST), 'damaged');
      await expect(install(release)).rejects.toThrow(
        /^the wheel of nvidia-first==13\.0\.1 .* is not the published one: its SHA-256/,
      );
      expect(cached(release)).toEqual(before);
    });
  }

  test('that is stopped leaves nothing and ends as interrupted', async () => {
    const release = smallRelease(temporaryFolder());
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const controller = new AbortController();
    silent.once('request', () => controller.abort());
    const env = { PIP_NO_INDEX: '', PIP_FIND_LINKS: '', PIP_INDEX_URL: `http://127.0.0.1:${port}/simple` };
    await expect(install(release, { env, signal: controller.signal })).rejects.toMatchObject({ code: 'interrupted' });
    silent.closeAllConnections();
    silent.close();
    expect(cached(release)).toEqual([]);
  });
});

whenPip()('what cannot be installed ends in one sentence:', () => {
  const cases: [string, (release: SmallRelease) => Promise<unknown>, string, RegExp][] = [
    [
      'no Python',
      (release) => install(release, { python: '/nowhere/python3' }),
      'usage',
      /^the Python `\/nowhere\/python3` cannot be started \(it was not found\)\. .*--python\.$/,
    ],
    [
      'a Python without pip',
      (release) => {
        const folder = temporaryFolder();
        spawnSync('python3', ['-m', 'venv', '--without-pip', folder]);
        return install(release, { python: join(folder, 'bin/python3') });
      },
      'usage',
      /^`.*python3 -m pip` does not run \(it is not installed\)\. .*--python\.$/,
    ],
    [
      'no wheel',
      (release) => install(release, { env: { PIP_FIND_LINKS: '/nowhere' } }),
      'setup',
      /^the package index that pip asks has no wheel of onnxruntime-gpu==[\d.]+ for Linux x64\. Nothing was installed\./,
    ],
    [
      'no network',
      (release) =>
        install(release, {
          env: { PIP_NO_INDEX: '', PIP_FIND_LINKS: '', PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '1' },
        }),
      'setup',
      /^pip could not reach its package index \(\[Errno \d+\] Connection refused\)\. Nothing was installed\./,
    ],
    [
      'wheels without a library',
      (release) => installRelease({ ...release, beside: ['libother.so.7'] }, rootOf(release), pipOf(release)),
      'setup',
      /^the wheels do not hold libother\.so\.7/,
    ],
    [
      'too little space',
      (release) => installRelease({ ...release, space: 1e18 }, rootOf(release), pipOf(release)),
      'output',
      /onnxruntime-cuda: installing takes 1000000000\.0 GB of disk space, and [\d.]+ GB are free\. .*XDG_CACHE_HOME/,
    ],
    [
      'a cache that is a file',
      (release) => {
        writeFileSync(release.env['XDG_CACHE_HOME'] ?? '', '');
        return install(release);
      },
      'output',
      /onnxruntime-cuda: this folder cannot be used \(.*ENOTDIR.*XDG_CACHE_HOME/,
    ],
  ];

  test.each(everyNth(3, cases))('%s', async (_, work, code, sentence) => {
    const release = smallRelease(temporaryFolder());
    const error: unknown = await work(release).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AssayError);
    expect(error).toMatchObject({ code });
    expect((error as AssayError).message).toMatch(sentence);
    expect(cached(release)).toEqual([]);
  });
});

function pipOf(release: SmallRelease) {
  return { python: 'python3', env: release.env, onLine: () => undefined };
}
