import { counted } from '#base/format';
import { row, rowsOf, takeRows, type Tensor } from '#base/tensor';
import type { TargetCheck } from '#report/report';
import type { Target } from '../target.js';

const PASSES = 5;

/** Of the largest score: what two devices may differ by, and far below what a layer of noise or of dropout does. */
const TOLERANCE = 1e-4;

/** Predicts the probe five times, and its every second sample once more without the others. */
export async function checkRepeats(target: Target, probe: Tensor): Promise<TargetCheck[]> {
  const first = await target.predict(probe);
  const again: Tensor[] = [];
  while (again.length < PASSES - 1) again.push(await target.predict(probe));
  const repeats = determinism(first, again);
  return [repeats, repeats.holds === true ? await batchIndependence(target, probe, first) : untold()];
}

function determinism(first: Tensor, again: readonly Tensor[]): TargetCheck {
  const id = 'target/determinism';
  const n = counted(rowsOf(first), 'sample');
  if (again.every((pass) => isBitEqual(pass, first))) {
    return { id, holds: true, sentence: `${PASSES} passes over ${n} gave the same scores, bit by bit.` };
  }
  const difference = Math.max(...again.map((pass) => largestDifference(pass, first)));
  const sizes = `differ by up to ${difference.toPrecision(2)} of the largest`;
  return difference <= TOLERANCE
    ? { id, holds: true, sentence: `The scores of ${PASSES} passes over ${n} ${sizes}: rounding.` }
    : {
        id,
        holds: false,
        sentence:
          `The scores of ${PASSES} passes over ${n} ${sizes}: the model draws random numbers, as dropout and noise do ` +
          'in a model that was exported for training.',
      };
}

function untold(): TargetCheck {
  const sentence = 'It cannot be told of a model that does not repeat itself.';
  return { id: 'target/batch-independence', holds: null, sentence };
}

async function batchIndependence(target: Target, probe: Tensor, together: Tensor): Promise<TargetCheck> {
  const id = 'target/batch-independence';
  const chosen = Array.from({ length: Math.ceil(rowsOf(probe) / 2) }, (_, i) => 2 * i);
  if (rowsOf(probe) < 2) return { id, holds: null, sentence: 'There is only one sample to tell it on.' };
  const apart = await target.predict(takeRows(probe, chosen));
  const difference = largestDifference(apart, takeRows(together, chosen));
  if (difference <= TOLERANCE) {
    return { id, holds: true, sentence: 'The scores of a sample do not depend on the samples beside it.' };
  }
  return {
    id,
    holds: false,
    sentence:
      `The scores of a sample depend on the samples beside it: they differ by up to ${difference.toPrecision(2)} of the ` +
      'largest, as where batch normalization was exported for training.',
  };
}

function isBitEqual(a: Tensor, b: Tensor): boolean {
  const [left, right] = [bits(a), bits(b)];
  return left.length === right.length && left.every((word, i) => word === right[i]);
}

function bits({ data }: Tensor): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

/** Relative to the largest finite score; infinite where only one of two is a number. Scores that are equally NaN do not differ. */
function largestDifference(found: Tensor, wanted: Tensor): number {
  const scale = wanted.data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1e-30,
  );
  let most = 0;
  for (let i = 0; i < rowsOf(wanted); i++) {
    const own = row(found, i);
    for (const [j, value] of row(wanted, i).entries()) {
      if (Object.is(value, own[j])) continue;
      const difference = Math.abs(value - (own[j] ?? NaN));
      most = Math.max(most, Number.isNaN(difference) ? Infinity : difference);
    }
  }
  return most / scale;
}
