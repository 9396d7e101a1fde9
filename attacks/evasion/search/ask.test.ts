import { row, rowsOf } from '#base/tensor';
import { isCorrect, labelRow, labelsOf, margin } from '#target/head';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Samples } from '#target/target';
import { around } from '../../../test/examination.js';
import { DECISION_DRAWS, decisionDraws, decisiveScores, follow } from './ask.js';
import { WorstCase } from './worst-case.js';

const head = { kind: 'classes', count: 2 } as const;
const plain = linearTarget([Float64Array.of(1), Float64Array.of(0)], [0, 0], { head, shape: [1], range: [-10, 10] });

/** Three inputs of the first class, and how far each is from being wrong. */
const samples: Samples = {
  inputs: { shape: [3, 1], data: Float32Array.of(1, 2, 3) },
  labels: labelsOf([0, 0, 0]),
  indices: [0, 1, 2],
};

/** Wrong in passes that `isWrong` names, of which each row is one; in each pass its scores have a size of their own. */
function wavering(isWrong: (pass: number, row: number) => boolean): DifferentiableTarget {
  let pass = -1;
  return around(plain, {
    scores: (scores) => {
      pass++;
      for (let i = 0; i < rowsOf(scores); i++) {
        row(scores, i)[0] = (isWrong(pass, i) ? -1 : 1) * (1 + pass);
      }
    },
  });
}

async function verdicts(target: DifferentiableTarget, draws: number): Promise<boolean[]> {
  const scores = await decisiveScores(target, samples.inputs, samples.labels, draws);
  return samples.indices.map((i) => isCorrect(head, row(scores, i), labelRow(samples.labels, i)));
}

describe('an input is wrong when most of its answers are', () => {
  test.each([
    [0, true],
    [1, true],
    [9, true],
    [10, true],
    [11, false],
    [20, false],
  ])('%d of 20: right is %s', async (count, right) => {
    // First or last in time, or in turn, it makes no difference.
    for (const isWrong of [
      (pass: number) => pass < count,
      (pass: number) => pass >= 20 - count,
      (pass: number) => (7 * pass) % 20 < count,
    ]) {
      expect(await verdicts(wavering(isWrong), 20)).toEqual([right, right, right]);
    }
  });

  test('each row by its own answers', async () => {
    const counts = [10, 11, 20];
    expect(
      await verdicts(
        wavering((pass, i) => pass < (counts[i] ?? 0)),
        20,
      ),
    ).toEqual([true, false, false]);
  });

  test('of a deterministic target one answer is asked for, of others twenty', async () => {
    expect([decisionDraws(1), decisionDraws(2), decisionDraws(50)]).toEqual([1, DECISION_DRAWS, DECISION_DRAWS]);
    expect(DECISION_DRAWS).toBe(20);
    const before = plain.queries.predictions;
    await verdicts(plain, 20);
    expect(plain.queries.predictions - before).toBe(20 * 3);
  });

  test('the scores are those of one of the passes, with its margin', async () => {
    const scores = await decisiveScores(
      wavering(() => false),
      samples.inputs,
      samples.labels,
      20,
    );
    expect(samples.indices.map((i) => margin(head, row(scores, i), [0]))).toEqual([11, 11, 11]);
  });
});

describe('gradients of a randomized target', () => {
  const loss = { kind: 'margin', labels: samples.labels.values } as const;

  test('are the mean over the draws at one input', async () => {
    let call = 0;
    const turning: DifferentiableTarget = {
      ...around(plain, {}),
      gradient: async (inputs, losses) => {
        const given = await plain.gradient(inputs, losses);
        call++;
        return { ...given, gradient: { shape: inputs.shape, data: given.gradient.data.map((_, i) => call * (i + 1)) } };
      },
    };
    const book = await WorstCase.begin(turning, samples, { draws: 4 });
    book.enter(1);
    const { gradient } = await follow(turning, book, { positions: [0, 1, 2], inputs: samples.inputs }, loss);
    // (1 + 2 + 3 + 4) / 4 times the row.
    expect([...gradient.data]).toEqual([2.5, 5, 7.5]);
    expect(call).toBe(4);
  });

  test('what seems wrong in them is asked for again before it counts', async () => {
    let gradients = 0;
    // Wrong in each gradient's own pass, and right in every other.
    const unlucky: DifferentiableTarget = {
      ...around(plain, {}),
      gradient: async (inputs, losses) => {
        gradients++;
        const given = await plain.gradient(inputs, losses);
        return { ...given, scores: { shape: given.scores.shape, data: given.scores.data.map((value) => -value) } };
      },
    };
    const book = await WorstCase.begin(unlucky, samples, { draws: 4 });
    book.enter(1);
    await follow(unlucky, book, { positions: [0, 1, 2], inputs: samples.inputs }, loss);
    expect(gradients).toBe(4);
    expect(book.survivors).toEqual([0, 1, 2]);

    const wrong = around(plain, { scores: (scores) => void scores.data.fill(-5, 0, 1) });
    const other = await WorstCase.begin(plain, samples, { draws: 4 });
    other.enter(1);
    await follow(wrong, other, { positions: [0, 1, 2], inputs: samples.inputs }, loss);
    expect(other.survivors.includes(0)).toBe(false);
  });
});
