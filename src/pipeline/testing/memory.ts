import { readdirSync, readFileSync } from 'node:fs';

/** What the processes of a group hold in memory, by Linux's own count. */
export interface GroupMemory {
  /** The most that its processes had together, each at its own peak: no less than what they had at any one time. */
  peakMiB(): number;
  stop(): void;
}

const EVERY_MS = 100;

/** Watches the process group of a leader until it is stopped. Works on Linux alone. */
export function watchMemory(leader: number): GroupMemory {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, sumOfPeaks(leader));
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    peakMiB: () => peak / 1024,
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Peak resident sizes (VmHWM, KiB) of all living processes of a group. */
function sumOfPeaks(group: number): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (groupOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) !== group) continue;
      sum += Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return sum;
}

/** The third field behind the name, which may hold spaces and brackets itself. */
function groupOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}
