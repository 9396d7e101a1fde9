import { LEAST_SPEEDUP, UNPROVED_ON_HARDWARE, type DeviceProof } from '#engine/index';
import type { Colors } from '../io.js';
import { oneLine } from '../print/text.js';

type Working = Extract<DeviceProof, { works: true }>;

/** A line for each device: whether it works, what it is, and what keeps it from being taken. */
export function deviceLines(proofs: readonly DeviceProof[], taken: string, colors: Colors): [string, string][] {
  return proofs.map((proof) => [proof.device, proof.works ? working(proof, taken, colors) : failing(proof, colors)]);
}

function working(proof: Working, taken: string, colors: Colors): string {
  const { device, milliseconds, cpuMilliseconds, rssMiB, adapter } = proof;
  const on = adapter === null ? '' : ` on ${oneLine(adapter)}`;
  const beside = device === 'cpu' ? '' : `, ${Math.round(cpuMilliseconds)} ms on the CPU`;
  const clauses = [
    `${colors.green('✓')} ran a model and its gradient in ${Math.round(milliseconds)} ms${on}${beside} (${Math.round(rssMiB)} MiB)`,
    device === taken ? '`auto` takes it' : `\`auto\` does not take it: ${whyNotTaken(proof, taken)}`,
    ...unproved(device),
  ];
  return clauses.join('; ');
}

function whyNotTaken({ software }: Working, taken: string): string {
  if (software === true) return 'it is a program that plays a GPU';
  return taken === 'cpu' ? `it is not ${LEAST_SPEEDUP} times as fast as the CPU` : `${taken} is faster`;
}

function failing({ device, because, mend }: Exclude<DeviceProof, Working>, colors: Colors): string {
  const sentence = mend === null ? `${oneLine(because)}.` : `${oneLine(because)}. ${oneLine(mend)}`;
  const mark = device === 'cpu' ? colors.red('✕') : '–';
  return [`${mark} ${sentence}`, ...unproved(device).map((clause) => `(${clause})`)].join(' ');
}

function unproved(device: DeviceProof['device']): readonly string[] {
  return UNPROVED_ON_HARDWARE.has(device) ? ['unproved on hardware'] : [];
}
