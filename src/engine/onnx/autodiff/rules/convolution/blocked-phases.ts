import type { GraphBuilder } from '../../../graph/builder.js';
import { float32Constant, float32Of } from '../../../graph/constants.js';
import type { Constant } from '../../../graph/ir.js';
import { phasesOf, type Phase } from '../../../passes/blocked/convolution.js';
import type { Window } from '../window.js';

/** A convolution of stride 1 over the gradient. */
export interface PhaseConv {
  readonly weight: Constant;
  /** [top, left, bottom, right] */
  readonly pads: readonly number[];
}

/** Rows and columns of one parity each, in the order (even, even), (even, odd), (odd, even), (odd, odd); null: all zeros. */
export function phasesOfConv(weight: Constant, axes: readonly Window[], group: number): (PhaseConv | null)[] {
  const [rows = [], columns = []] = axes.map((w) => phasesOf(w.kernel, w.padBegin, w.input, w.output));
  return rows.flatMap((row) =>
    columns.map((column) => {
      if (row === null || column === null) return null;
      const pads = [row.begin, column.begin, row.end, column.end];
      return { weight: chosenTaps(weight, row.taps, column.taps, group), pads };
    }),
  );
}

/** [outputs, inputs / group, ...] -> [inputs, outputs / group, ...taps], for one group or one for each channel. */
function chosenTaps(weight: Constant, rows: readonly number[], columns: readonly number[], group: number): Constant {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const source = float32Of(weight);
  const [to, from] = group === 1 ? [inputs, outputs] : [group, 1];
  const values = new Float32Array(to * from * rows.length * columns.length);
  let at = 0;
  for (let i = 0; i < to; i++) {
    for (let o = 0; o < from; o++) {
      const start = (group === 1 ? o * inputs + i : i) * height * width;
      for (const y of rows) for (const x of columns) values[at++] = source[start + y * width + x] ?? 0;
    }
  }
  return float32Constant([to, from, rows.length, columns.length], values);
}

/** All four phases as channels of one convolution, (channel, phase) by (phase row, phase column), for few channels. */
export function spaceFromPhases(weight: Constant, axes: readonly Window[]): PhaseConv {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const [rows, columns] = axes.map((w) => joint(phasesOf(w.kernel, w.padBegin, w.input, w.output), w));
  if (rows === undefined || columns === undefined) throw new Error('a plane has two axes');
  const source = float32Of(weight);
  const values = new Float32Array(4 * inputs * outputs * rows.length * columns.length);
  let at = 0;
  for (let i = 0; i < inputs; i++) {
    for (let phase = 0; phase < 4; phase++) {
      for (let o = 0; o < outputs; o++) {
        for (let y = 0; y < rows.length; y++) {
          for (let x = 0; x < columns.length; x++, at++) {
            const [ky, kx] = [rows.weightAt(phase >> 1, y), columns.weightAt(phase & 1, x)];
            if (ky === undefined || kx === undefined) continue;
            values[at] = source[((o * inputs + i) * height + ky) * width + kx] ?? 0;
          }
        }
      }
    }
  }
  return {
    weight: float32Constant([4 * inputs, outputs, rows.length, columns.length], values),
    pads: [rows.begin, columns.begin, rows.end, columns.end],
  };
}

/** One window that covers both phases of an axis. */
function joint(phases: readonly (Phase | null)[], { input, output }: Window) {
  const begin = Math.max(...phases.map((phase) => phase?.begin ?? 0));
  const length = Math.max(...phases.map((phase) => (phase === null ? 0 : begin - phase.begin + phase.taps.length)));
  return {
    begin,
    length,
    end: input / 2 - output - begin + length - 1,
    weightAt: (phase: number, position: number): number | undefined => {
      const own = phases[phase];
      return own == null ? undefined : own.taps[position - (begin - own.begin)];
    },
  };
}

/** The quarters of a picture in the blocked layout, put back in their places. */
export function interleaved(
  builder: GraphBuilder,
  quarters: readonly (string | null)[],
  size: { readonly channels: number; readonly height: number; readonly width: number; readonly block: number },
): string {
  const [a = null, b = null, c = null, d = null] = quarters;
  const upper = alternating(builder, a, b, size.block);
  const lower = alternating(builder, c, d, size.block);
  const rows = alternating(builder, upper, lower, size.width * size.block);
  if (rows === null) throw new Error('a convolution has a weight');
  return builder.reshape(rows, [-1, size.channels, size.height, size.width]);
}

/** Runs of `length` values of one and the other in turn, [-1, 2 length]; zeros for null. */
function alternating(
  builder: GraphBuilder,
  first: string | null,
  second: string | null,
  length: number,
): string | null {
  const runs = (value: string): string => builder.reshape(value, [-1, length]);
  if (first !== null && second !== null) return builder.node('Concat', [runs(first), runs(second)], { axis: 1 });
  if (first !== null) return builder.node('Pad', [runs(first), builder.integers([0, 0, 0, length])]);
  if (second !== null) return builder.node('Pad', [runs(second), builder.integers([0, length, 0, 0])]);
  return null;
}
