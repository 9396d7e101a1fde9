import { linearProblem, withoutGradients } from '#testing/linear-problem';
import { labelsOf } from '#target/head';
import { linearTarget } from '#target/linear';
import { answeredBy, around, constantRows, examinationOf, pgdForms } from '../../../../test/examination.js';
import { curveTarget, points } from '../../../../test/curve-target.js';
import { waveSamples, waveTarget } from '../../../../test/wave-target.js';
import { gradients } from './gradients.js';

const { target, samples } = linearProblem([8], 'three classes');
const none = '0'.repeat(24);
const all = '1'.repeat(24);
const of = (on: typeof target, given = samples, changes = {}) =>
  gradients(examinationOf(on, given, pgdForms('Linf'), changes));

test('a linear model has a gradient of every loss, and each leads where it should', async () => {
  const nothing = { zeroCrossEntropy: none, zeroMargin: none, zeroDlr: none, saturated: none, misled: none };
  expect(await of(target)).toEqual(nothing);
});

test('two classes have no ratio of logits, nor has a binary head', async () => {
  for (const head of ['two classes', 'binary', 'multi-label', 'regression'] as const) {
    const problem = linearProblem([8], head);
    expect(await of(problem.target, problem.samples)).toMatchObject({ zeroDlr: null, zeroMargin: none, misled: none });
  }
});

test('a target that gives none is told from one that gives zeros', async () => {
  const scoresAlone = { ...around(target, {}), capabilities: new Set(['labels', 'scores'] as const) };
  expect(await of(scoresAlone)).toBe(null);
  const zeros = { zeroCrossEntropy: all, zeroMargin: all, zeroDlr: all, misled: none };
  expect(await of(withoutGradients(target))).toMatchObject(zeros);
});

test('zeros and what is not a number count where they are, and for samples that are right alone', async () => {
  const half = curveTarget({ score: () => 1, slope: (x) => (x < 0.5 ? 0 : x < 0.75 ? 1 : NaN) });
  const given = points([0.1, 0.6, 0.4, 0.8]);
  expect(await of(half, given)).toMatchObject({ zeroMargin: '1011', zeroCrossEntropy: '1011' });
  expect(await of(half, given, { right: [1, 2] })).toMatchObject({ zeroMargin: '0010', zeroCrossEntropy: '0010' });
});

describe('saturated', () => {
  // ln of the least normal float32, 2^-126, is -87.34.
  test('is a margin for which float32 has no probability', async () => {
    const steep = curveTarget({ score: (x) => 200 * x, slope: () => 200 });
    expect(await of(steep, points([0.1, 0.436, 0.437, 0.9]))).toMatchObject({ saturated: '0011' });
  });

  test('is the distance to the next class, not the size of a score', async () => {
    const weights = [Float64Array.of(1000), Float64Array.of(1000), Float64Array.of(0)];
    const near = linearTarget(weights, [10, 0, 0], { head: { kind: 'classes', count: 3 }, shape: [1] });
    expect(await of(near, points([1], [0]))).toMatchObject({ saturated: '0' });
    const far = linearTarget(weights, [90, 0, 0], { head: { kind: 'classes', count: 3 }, shape: [1] });
    expect(await of(far, points([1], [0]))).toMatchObject({ saturated: '1' });
  });

  test('is nothing that values have', async () => {
    const head = { kind: 'regression', count: 1, tolerance: 500 } as const;
    const values = linearTarget([Float64Array.of(1)], [0], { head, shape: [1] });
    expect(await of(values, { ...points([0.5]), labels: labelsOf([0.4]) })).toMatchObject({ saturated: '0' });
  });
});

describe('misled', () => {
  test('is whoever follows a gradient that points the wrong way', async () => {
    const turned = around(target, { gradient: (value) => -value });
    expect(await of(turned)).toMatchObject({ misled: all, zeroMargin: none });
  });

  test('by the slope of each sample', async () => {
    const score = (x: number) => x - 0.1;
    const turned = curveTarget({ score, slope: (x) => (x > 0.5 ? -1 : 1) });
    expect(await of(turned, points([0.3, 0.4, 0.6, 0.7]))).toMatchObject({ misled: '0011' });
  });

  test('when a change tells the model its label: the farther along the gradient, the surer the answer', async () => {
    // The score rises with the distance from where the sample lies, whatever the slope there.
    const leaking = curveTarget({ score: (x) => 1 + 50 * Math.abs(x - 0.5), slope: () => 1 });
    const found = await of(leaking, points([0.5]), { epsilon: 0.1 });
    expect(found).toMatchObject({ misled: '1' });
  });

  test('is nobody on smooth waves, whose gradients are good for a while', async () => {
    const waves = waveTarget('smooth', 3, 12, 2);
    const given = waveSamples(waves, 24);
    expect(await of(waves, given, { epsilon: 0.02 })).toMatchObject({ misled: none });
  });

  test('is nobody where no value can move', async () => {
    const flat = linearTarget([Float64Array.of(0, 0)], [1], { head: { kind: 'binary' }, shape: [2] });
    const given = await answeredBy(flat, constantRows([0.2, 0.8], 2));
    expect(await of(flat, given)).toMatchObject({ misled: '00', zeroMargin: '11' });
  });
});
