import { AssayError } from '#base/errors';
import { rowsOf, rowRange, type Tensor } from '#base/tensor';
import type { TargetCard } from '#report/report';
import { isDifferentiable, type Target } from './target.js';

/** Of the largest score: the rounding of float32 in deep networks stays below a tenth of it. */
const SCORE_TOLERANCE = 1e-3;

/**
 * Of the largest gradient of a sample, in the middle over samples: a ReLU at its kink falls on another side by rounding alone, and
 * a kernel that computes something else shows in all samples.
 */
const GRADIENT_TOLERANCE = 1e-2;

/** Samples that are compared. */
const MOST = 16;

/**
 * Compares a target on a device with itself on the CPU, on real samples: the same scores, gradients where the CPU has them, and the
 * same gradients.
 *
 * @throws AssayError `config` that names the device, what differs and by how much
 */
export async function requireAgreement(
  { device }: Pick<TargetCard, 'device'>,
  onDevice: Target,
  onCpu: Target,
  probe: Tensor,
): Promise<void> {
  const samples = rowRange(probe, 0, Math.min(MOST, rowsOf(probe)));
  const scores = largestDifference(await onDevice.predict(samples), await onCpu.predict(samples));
  if (!(scores <= SCORE_TOLERANCE)) throw differs(device, 'scores', scores);
  if (!isDifferentiable(onCpu)) return;
  if (!isDifferentiable(onDevice)) {
    const because = onDevice.missing.get('gradients') ?? 'it gives none';
    throw refused(`on \`${device}\` the model has no gradients, as it has on the CPU: ${because}`);
  }
  const loss = { kind: 'score', labels: new Float64Array(rowsOf(samples)) } as const;
  const found = await onDevice.gradient(samples, loss);
  const wanted = await onCpu.gradient(samples, loss);
  const gradients = median(
    Array.from({ length: rowsOf(samples) }, (_, i) =>
      largestDifference(rowRange(found.gradient, i, i + 1), rowRange(wanted.gradient, i, i + 1)),
    ),
  );
  if (!(gradients <= GRADIENT_TOLERANCE)) throw differs(device, 'gradients', gradients);
}

function differs(device: string, what: string, by: number): AssayError {
  return refused(
    `on \`${device}\` the model gives other ${what} than on the CPU (they differ by ${by.toPrecision(2)})`,
  );
}

function refused(what: string): AssayError {
  return new AssayError('config', { where: 'device', what, mend: 'Set `device` to `cpu`.' });
}

/** Relative to the largest of the second; infinite where one of them is no number. */
function largestDifference(found: Tensor, wanted: Tensor): number {
  const scale = wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  let most = 0;
  for (const [i, value] of wanted.data.entries()) {
    const difference = Math.abs(value - (found.data[i] ?? NaN));
    most = Math.max(most, Number.isNaN(difference) ? Infinity : difference);
  }
  return most / scale;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
