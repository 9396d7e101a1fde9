// One process for many commands: `main.js` is run again for each, and what it loads is loaded once. What has to be seen of a
// process of its own (signals, an environment, its memory, that it ends) is tested by starting one.
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const main = pathToFileURL(join(import.meta.dirname, '../dist/src/cli/main.js')).href;

let count = 0;
let said = { stdout: '', stderr: '' };

for (const name of ['stdout', 'stderr']) {
  // Each command adds its listeners for readers that leave.
  process[name].setMaxListeners(0);
  process[name].write = (text, ...rest) => {
    said[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
    rest.find((each) => typeof each === 'function')?.();
    return true;
  };
}

process.on('disconnect', () => process.exit());
let before = Promise.resolve();
process.on('message', ({ id, args, cwd }) => {
  before = before.then(async () => process.send({ id, ended: await run(args, cwd) }));
});

async function run(args, cwd) {
  said = { stdout: '', stderr: '' };
  process.chdir(cwd);
  process.argv = [process.execPath, main, ...args];
  process.exitCode = undefined;
  try {
    await import(`${main}?${++count}`);
  } catch (thrown) {
    // As Node ends a process.
    process.exitCode = 1;
    said.stderr += `${thrown?.stack ?? thrown}\n`;
  }
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { ...said, code: process.exitCode ?? 0, signal: null, peakMiB };
}
