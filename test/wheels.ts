import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';

export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** `py3-none-manylinux_2_17_x86_64` and the like. */
  readonly tag: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

/** Writes a wheel as PyPI has them, and gives its line of a requirements file. */
export function writeWheel(folder: string, { name, version, tag, files }: Wheel): string {
  const module = name.replaceAll('-', '_');
  const info = `${module}-${version}.dist-info`;
  const content: Record<string, Uint8Array> = Object.fromEntries(
    Object.entries({
      ...files,
      [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
      [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: ${tag}\n`,
      [`${info}/licenses/License.txt`]: `The terms of ${name}`,
    }).map(([path, value]) => [path, typeof value === 'string' ? strToU8(value) : value]),
  );
  const record = [...Object.keys(content), `${info}/RECORD`].map((path) => `${path},,\n`).join('');
  const bytes = zipSync({ ...content, [`${info}/RECORD`]: strToU8(record) }, { mtime: '2026-01-01', level: 0 });
  writeFileSync(join(folder, `${module}-${version}-${tag}.whl`), bytes);
  return `${name}==${version} --hash=sha256:${createHash('sha256').update(bytes).digest('hex')}\n`;
}

/** The tests that need pip: skipped with a printed reason where there is none, which in CI is a failure. */
export function whenPip(): jest.Describe['skip'] {
  if (spawnSync('python3', ['-m', 'pip', '--version']).status === 0) return describe;
  const reason = 'python3 has no pip: no wheel can be fetched';
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return describe.skip;
}
