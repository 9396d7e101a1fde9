'use strict';
const { execFileSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const PAGE = 'docs/evidence/deep.md';
const HEAD = `# The deep tier

What \`npm run test:deep\` found, file by file, when each was last run; \`npx jest PATH --selectProjects deep --reporters=default
--reporters=./test/deep-evidence.cjs\` runs one and writes its row. Seconds are those of a machine with 2 cores, on which other work may have gone on.

| file | passed | failed | s | date | commit |
| --- | --- | --- | --- | --- | --- |
`;

/** Writes one row for each file of the deep tier that has been run, in the place of the one before. */
class DeepEvidence {
  #root;
  #rows = new Map();

  constructor({ rootDir }) {
    this.#root = rootDir;
  }

  onTestResult({ path }, { numPassingTests, numFailingTests, testExecError, perfStats }) {
    const file = relative(this.#root, path);
    if (!file.endsWith('.deep.ts')) return;
    const seconds = Math.round(perfStats.runtime / 1000);
    const failed = testExecError === undefined ? numFailingTests : 'did not run';
    const date = new Date().toISOString().slice(0, 10);
    this.#rows.set(file, `| ${[`\`${file}\``, numPassingTests, failed, seconds, date, this.#commit()].join(' | ')} |`);
  }

  onRunComplete() {
    if (this.#rows.size === 0) return;
    const page = join(this.#root, PAGE);
    const before = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
    const known = before.flatMap((line) => {
      const [, file] = /^\| `([^`]+)`/.exec(line) ?? [];
      return file === undefined || !existsSync(join(this.#root, file)) ? [] : [[file, line]];
    });
    const rows = [...new Map([...known, ...this.#rows])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    writeFileSync(page, `${HEAD}${rows.join('\n')}\n`);
  }

  #commit() {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: this.#root, encoding: 'utf8' }).trim();
  }
}

module.exports = DeepEvidence;
