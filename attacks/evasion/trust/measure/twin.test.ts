import { linearProblem, withoutGradients, type HeadName } from '#testing/linear-problem';
import type { ImageDomain } from '#target/domain';
import type { Head } from '#target/head';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Samples } from '#target/target';
import { around, examinationOf, fmnForms, idleForms, pgdForms } from '../../../../test/examination.js';
import { honestTrust, evidenceOf } from '../../../../test/trust-data.js';
import { runFgsm } from '../../run-fgsm.js';
import { runSquare } from '../../run-square.js';
import type { AttackForm, AttackForms } from '../examination.js';
import { trustOf } from '../trust.js';
import { twin } from './twin.js';

const norms = ['Linf', 'L2', 'L1'] as const;
const heads: readonly HeadName[] = ['three classes', 'two classes', 'binary', 'multi-label', 'regression'];
const { target, samples } = linearProblem([8], 'three classes');
const none: Samples = { inputs: { shape: [0, 8], data: new Float32Array() }, labels: samples.labels, indices: [] };

/** A target of which nothing but its kind is looked at. */
function ofKind(head: Head, shape: readonly number[], range: readonly [number, number] = [0, 1]): DifferentiableTarget {
  const count = head.kind === 'classes' || head.kind === 'multi-label' ? head.count : 1;
  const size = shape.reduce((product, length) => product * length, 1);
  const weights = Array.from({ length: count }, () => new Float64Array(size));
  return linearTarget(weights, new Float64Array(count), { head, shape, range });
}

function control(on: DifferentiableTarget, norm: 'Linf' | 'L2' | 'L1' | 'L0', forms: AttackForms) {
  return twin({ ...examinationOf(on, none, forms, { norm }) });
}

function holdsR13(measured: typeof honestTrust.twin): boolean | null | undefined {
  const readings = (trustOf(evidenceOf({ ...honestTrust, twin: measured })) ?? []).flatMap((group) => group.readings);
  return readings.find(({ id }) => id === 'R13')?.holds;
}

describe('a search that works breaks the whole twin', () => {
  test.each(norms.flatMap((norm) => heads.map((head) => [norm, head] as const)))(
    'PGD in %s, %s',
    async (norm, head) => {
      const measured = await control(linearProblem([8], head).target, norm, pgdForms(norm, 40));
      expect(measured).toMatchObject({ n: 12, beyond: 1.25 });
      // The loss of several labels is their sum: what turns one of them may hold another.
      expect(measured.broken).toBeGreaterThanOrEqual(head === 'multi-label' ? 11 : 12);
    },
  );

  test.each([
    ['an image', ofKind({ kind: 'classes', count: 10 }, [3, 28, 28])],
    ['an image in units of 255', ofKind({ kind: 'classes', count: 10 }, [1, 28, 28], [0, 255])],
    ['a thousand classes', ofKind({ kind: 'classes', count: 1000 }, [1, 8, 8])],
    ['a range below zero', ofKind({ kind: 'binary' }, [20], [-3, -1])],
  ])('of %s', async (_name, on) => {
    for (const norm of norms) expect((await control(on, norm, pgdForms(norm, 40))).broken).toBeGreaterThanOrEqual(11);
  });

  test('of an image whose channels come last', async () => {
    const plain = around(ofKind({ kind: 'classes', count: 10 }, [28, 28, 3]), {});
    const units = { range: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const domain: ImageDomain = { kind: 'image', layout: 'NHWC', shape: [28, 28, 3], ...units };
    expect((await control({ ...plain, domain }, 'Linf', pgdForms('Linf', 40))).broken).toBeGreaterThanOrEqual(11);
  });

  test.each([...norms, 'L0'] as const)('FMN in %s', async (norm) => {
    for (const head of heads) {
      expect((await control(linearProblem([8], head).target, norm, fmnForms(norm))).broken).toBe(12);
    }
  });
});

describe('what steps once or guesses gets more room', () => {
  const forms = (asItIs: AttackForm, usesGradients: boolean): AttackForms => ({
    ...{ asItIs, usesGradients, moreSteps: null, moreRestarts: null, singleStep: usesGradients, minimumNorm: false },
  });

  test('a single step breaks some of it', async () => {
    const step: AttackForm = (on, part, epsilons) =>
      runFgsm(on as DifferentiableTarget, part, { norm: 'Linf', epsilons, loss: 'cross-entropy' });
    const { broken, beyond } = await control(target, 'Linf', forms(step, true));
    expect(beyond).toBe(3);
    expect(broken).toBeGreaterThanOrEqual(11);
  });

  test('queries break at least half of it', async () => {
    const guess: AttackForm = (on, part, epsilons, random) =>
      runSquare(
        on,
        part,
        { norm: 'Linf', epsilons, queries: 300, initialShare: 0.8, rescaleSchedule: false, restarts: 1 },
        random,
      );
    const { broken, beyond } = await control(target, 'Linf', forms(guess, false));
    expect(beyond).toBe(3);
    expect(broken).toBeGreaterThanOrEqual(6);
  });
});

describe('an attack that does not work is found out', () => {
  test.each(norms)('one that does nothing breaks none in %s', async (norm) => {
    for (const head of heads) {
      const measured = await control(linearProblem([8], head).target, norm, idleForms(norm));
      expect(measured).toEqual({ broken: 0, n: 12, beyond: 1.25 });
      expect(holdsR13(measured)).toBe(false);
    }
  });

  test('one that climbs down, and one that calls clean inputs adversarial', async () => {
    const { asItIs } = pgdForms('Linf');
    const down: AttackForm = (on, ...rest) =>
      asItIs(around(on as DifferentiableTarget, { gradient: (value) => -value }), ...rest);
    expect(holdsR13(await control(target, 'Linf', { ...pgdForms('Linf'), asItIs: down }))).toBe(false);
    const idle = idleForms('Linf').asItIs;
    const liar: AttackForm = async (...given) => {
      const { norm, epsilons } = await idle(...given);
      const broken = epsilons.map((each) => ({
        ...each,
        outcomes: each.outcomes.map((outcome) => ({ ...outcome, fate: 'broken' as const })),
      }));
      return { norm, epsilons: broken };
    };
    expect(holdsR13(await control(target, 'Linf', { ...pgdForms('Linf'), asItIs: liar }))).toBe(false);
  });

  test('whatever the target: its own gradients do not matter to the twin', async () => {
    const measured = await control(withoutGradients(target), 'Linf', pgdForms('Linf'));
    expect(holdsR13(measured)).toBe(true);
  });
});

test('there is no twin of an order, and then the rule does not decide', async () => {
  const ranking = { ...around(target, {}), head: { kind: 'ranking', count: 5, k: 2 } as const };
  const measured = await control(ranking, 'Linf', pgdForms('Linf'));
  expect(measured.n).toBe(0);
  expect(holdsR13(measured)).toBe(null);
});
