import { digestOfBytes } from '#base/digest';
import type { Tensor } from '#base/tensor';
import { completeOptions } from '#plugin/options';
import { randomStreams } from '#stats/random';
import type { DifferentiableTarget } from '#target/target';
import { linearProblem, SAMPLES } from '#testing/linear-problem';
import { fashion } from '../../../test/fashion.js';
import { apgd, runApgd } from '../apgd.js';
import { ensemble, runCustomEnsemble } from '../ensemble.js';
import { fmn, runFmn } from '../fmn.js';
import { pgd, runPgd } from '../pgd.js';
import { runSquare } from '../run-square.js';
import { square } from '../square.js';
import type { AttackResult, OnProgress, RunAttack } from './result.js';
import { sideBySide } from './side-by-side.js';

const MEMBERS = [
  { attack: 'fgsm' },
  { attack: 'pgd', options: { steps: 4 } },
  { attack: 'square', options: { queries: 20 } },
];

describe('an attack on the copies of a target finds what it finds on the target, bit by bit', () => {
  const IMAGES = 150;
  let opened: Awaited<ReturnType<typeof fashion>>;

  beforeAll(async () => {
    opened = await fashion('fashion-cnn', IMAGES);
  });
  afterAll(() => opened.target.dispose());

  async function expectSame<Options>(attack: RunAttack<DifferentiableTarget, Options>, options: Options) {
    const { target, samples } = opened;
    expect(target.copies).toHaveLength(2);
    const before = { ...target.queries };
    const alone = await attack(target, samples, options, randomStreams(1, 'test'));
    const between = { ...target.queries };
    const together = await sideBySide(attack)(target, samples, options, randomStreams(1, 'test'));
    expect(fingerprint(together)).toEqual(fingerprint(alone));
    expect(target.queries).toEqual({
      predictions: 2 * between.predictions - before.predictions,
      gradients: 2 * between.gradients - before.gradients,
    });
  }

  test('PGD', () =>
    expectSame(runPgd, completeOptions(pgd.plugin, { norm: 'Linf', epsilons: [0.01, 0.05], steps: 5, restarts: 2 })));
  test('APGD in L2', () => expectSame(runApgd, completeOptions(apgd.plugin, { norm: 'L2', epsilons: 0.3, steps: 10 })));
  test('Square, of scores alone', () =>
    expectSame(runSquare, completeOptions(square.plugin, { norm: 'Linf', epsilons: 0.03, queries: 50 })));
  test('FMN, with the closest inputs', () =>
    expectSame(runFmn, completeOptions(fmn.plugin, { norm: 'L2', epsilons: 0.3, steps: 20 })));
  test('an ensemble', () =>
    expectSame(
      runCustomEnsemble,
      completeOptions(ensemble.plugin, { norm: 'Linf', epsilons: 0.03, attacks: MEMBERS }),
    ));
});

/** Of everything that was found: what differs among thousands of values is no use to a reader. */
function fingerprint({ norm, epsilons, closest }: AttackResult) {
  const ofInputs = ({ data }: Tensor): string => digestOfBytes(new Uint8Array(data.slice().buffer));
  return {
    norm,
    epsilons: epsilons.map(({ epsilon, inputs, outcomes }) => ({
      epsilon,
      fates: outcomes.map(({ fate }) => fate).join(' '),
      outcomes: digestOfBytes(Buffer.from(JSON.stringify(outcomes))),
      inputs: ofInputs(inputs),
    })),
    closest: closest && { distances: closest.distances.join(' '), inputs: ofInputs(closest.inputs) },
  };
}

describe('shares of the samples', () => {
  const { target, samples } = linearProblem([8], 'three classes', 'tight');
  const many = {
    inputs: { shape: [8 * SAMPLES, 8], data: Float32Array.from({ length: 8 * 8 * SAMPLES }, (_, i) => at(i)) },
    labels: {
      width: 1,
      values: Float64Array.from({ length: 8 * SAMPLES }, (_, i) => samples.labels.values[i % SAMPLES]!),
    },
    indices: Array.from({ length: 8 * SAMPLES }, (_, i) => 3 * i),
  };
  const twice = withCopies(2);

  function at(i: number): number {
    return samples.inputs.data[i % (8 * SAMPLES)] ?? NaN;
  }

  function withCopies(count: number): DifferentiableTarget {
    return Object.assign(Object.create(target) as DifferentiableTarget, {
      copies: Array.from({ length: count }, () => Object.create(target) as DifferentiableTarget),
    });
  }

  /** Notes on what it was run, and does nothing. */
  function noting(asked: { on: unknown; indices: readonly number[] }[], end?: (k: number) => Promise<void>) {
    const attack: RunAttack<DifferentiableTarget, null> = async (on, own, _options, _random, progress) => {
      const k = asked.push({ on, indices: own.indices }) - 1;
      await end?.(k);
      progress?.(1, 2);
      progress?.(2, 2);
      return { norm: 'Linf', epsilons: [] };
    };
    return attack;
  }

  test('there are two for each copy, one after the other, and nothing is left out', async () => {
    const asked: { on: unknown; indices: readonly number[] }[] = [];
    await sideBySide(noting(asked))(twice, many, null, randomStreams(0, 'test'));
    expect(asked.map(({ on }) => twice.copies?.indexOf(on as never))).toEqual([0, 1, 0, 1]);
    expect(asked.map(({ indices }) => indices.length)).toEqual([48, 48, 48, 48]);
    expect(asked.flatMap(({ indices }) => indices)).toEqual(many.indices);
  });

  test.each([
    ['few samples', twice, samples],
    ['no copies', target, many],
  ])('%s go to the target itself', async (_, on, own) => {
    const asked: { on: unknown; indices: readonly number[] }[] = [];
    await sideBySide(noting(asked))(on, own, null, randomStreams(0, 'test'));
    expect(asked).toEqual([{ on, indices: own.indices }]);
  });

  test('progress goes up to the whole', async () => {
    const said: number[] = [];
    const progress: OnProgress = (done, total) => said.push(done / total);
    await sideBySide(noting([]))(twice, many, null, randomStreams(0, 'test'), progress);
    expect(said).toEqual([...said].sort((a, b) => a - b));
    expect(said).toHaveLength(8);
    expect(said.at(-1)).toBe(1);
  });

  test('where one fails, the others come to their end before the caller hears of it', async () => {
    const ended: number[] = [];
    const attack = noting([], async (k) => {
      if (k === 1) throw new Error('no gradient');
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended.push(k);
    });
    await expect(sideBySide(attack)(twice, many, null, randomStreams(0, 'test'))).rejects.toThrow('no gradient');
    expect(ended).toEqual([0, 2, 3]);
  });
});
