// A peer process that answers one line of JSON for each line that it is given.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Starts a script of bench/peers and waits until it is ready. */
export async function startPeer(python, script, settings) {
  const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
  const child = spawn(python, ['-W', 'ignore', path, ...settings], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the PyTorch peer ended; see bench/peers/README.md');
    return JSON.parse(value);
  };
  const ask = (line) => {
    child.stdin.write(`${line}\n`);
    return answer();
  };
  return {
    ready: await answer(),
    ask,
    run: async (count) => (await ask(count === undefined ? 'run' : `run ${count}`)).seconds,
    stop: () => child.stdin.end(),
  };
}

export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** Whatever ran before has come to rest. */
export async function apart(timed) {
  await sleep(300);
  return timed();
}
