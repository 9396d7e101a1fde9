import { AssayError } from '#base/errors';
import { rowsOf, rowSize, type Tensor } from '#base/tensor';
import type { PairedLoss, PairedObjective } from './objective.js';
import { softmaxAt } from './score-losses.js';

/** Constants of the paper's code: each keeps a logarithm or a weight away from zero. */
const ABOVE_ONE = 1.0001;
const TINY = 1e-12;
const WEIGHT_ABOVE_ONE = 1.0000001;

/**
 * MART (Wang et al. 2020, "Improving adversarial robustness requires revisiting misclassified examples"), in the form of its code, with p and
 * q the probabilities of the clean and of the perturbed input, y the label and k the likeliest other class under q:
 * -log q_y - log(1.0001 - q_k + 1e-12) + beta (1.0000001 - p_y) sum_j p_j (log p_j - log(q_j + 1e-12)).
 * A binary head counts as two classes whose scores are 0 and its own. Labels are hard.
 *
 * @throws AssayError `usage` for other heads
 */
export function mart(beta: number): PairedObjective {
  return ({ head, labels, clean, perturbed }) => {
    if (head === 'classes') return ofClasses(beta, labels, clean, perturbed);
    if (head !== 'binary') throw new AssayError('usage', { what: `MART is for classes, not for a ${head} head` });
    const { value, byClean, byPerturbed } = ofClasses(beta, labels, twoClasses(clean), twoClasses(perturbed));
    return { value, byClean: ofSecond(byClean), byPerturbed: ofSecond(byPerturbed) };
  };
}

function twoClasses({ shape, data }: Tensor): Tensor {
  const both = new Float32Array(2 * data.length);
  for (let i = 0; i < data.length; i++) both[2 * i + 1] = data[i] ?? NaN;
  return { shape: [shape[0] ?? 0, 2], data: both };
}

function ofSecond(slopes: Float64Array): Float64Array {
  return slopes.filter((_, k) => k % 2 === 1);
}

/** What is kept of one row while its loss and derivative are computed. */
type Row = Readonly<Record<'logP' | 'p' | 'logQ' | 'q' | 'gap', Float64Array>>;

function ofClasses(beta: number, labels: Float64Array, clean: Tensor, perturbed: Tensor): PairedLoss {
  const width = rowSize(clean);
  const loss = {
    value: new Float64Array(rowsOf(clean)),
    byClean: new Float64Array(clean.data.length),
    byPerturbed: new Float64Array(clean.data.length),
  };
  const numbers = (): Float64Array => new Float64Array(width);
  const row = { logP: numbers(), p: numbers(), logQ: numbers(), q: numbers(), gap: numbers() };
  for (let i = 0; i < loss.value.length; i++) {
    const label = labels[i] ?? -1;
    softmaxAt(clean.data, i * width, row.logP, row.p);
    softmaxAt(perturbed.data, i * width, row.logQ, row.q);
    loss.value[i] = rowLoss(beta, label, likeliestBut(label, perturbed.data, i * width, width), row, loss, i * width);
  }
  return loss;
}

/** Gives the loss of a row; writes its derivatives at `start`. */
function rowLoss(beta: number, label: number, other: number, row: Row, slopes: PairedLoss, start: number): number {
  const { logP, p, logQ, q, gap } = row;
  let [divergence, kept] = [0, 0];
  for (let j = 0; j < gap.length; j++) {
    const [natural, shifted] = [p[j] ?? NaN, (q[j] ?? NaN) + TINY];
    gap[j] = (logP[j] ?? NaN) - Math.log(shifted);
    divergence += natural * (gap[j] ?? NaN);
    kept += (natural * (q[j] ?? NaN)) / shifted;
  }
  const truth = p[label] ?? NaN;
  const weight = WEIGHT_ABOVE_ONE - truth;
  const wrong = q[other] ?? NaN;
  const room = ABOVE_ONE - wrong + TINY;
  for (let j = 0; j < gap.length; j++) {
    const [natural, adversarial] = [p[j] ?? NaN, q[j] ?? NaN];
    const isLabel = j === label ? 1 : 0;
    const isOther = j === other ? 1 : 0;
    slopes.byClean[start + j] =
      beta * (weight * natural * ((gap[j] ?? NaN) - divergence) - divergence * truth * (isLabel - natural));
    slopes.byPerturbed[start + j] =
      adversarial -
      isLabel +
      (wrong * (isOther - adversarial)) / room +
      beta * weight * (adversarial * kept - (natural * adversarial) / (adversarial + TINY));
  }
  return -(logQ[label] ?? NaN) - Math.log(room) + beta * weight * divergence;
}

/** By scores, which tell classes apart whose probabilities are both rounded to zero. Of equal ones the first. */
function likeliestBut(label: number, scores: Float32Array, start: number, width: number): number {
  let found = label === 0 ? 1 : 0;
  for (let j = found + 1; j < width; j++) {
    if (j !== label && (scores[start + j] ?? NaN) > (scores[start + found] ?? NaN)) found = j;
  }
  return found;
}
