import type { JsonObject } from '#base/json';
import { row, takeRows } from '#base/tensor';
import { completeOptions } from '#plugin/options';
import { randomStreams } from '#stats/random';
import { isCorrect, labelRow } from '#target/head';
import { memoryContext } from '#testing/context';
import { linearProblem } from '#testing/linear-problem';
import { chosen } from '#testing/run';
import { isDifferentiable, type Samples } from '#target/target';
import { defended } from '../../test/defences.js';
import { fashion } from '../../test/fashion.js';
import { runAutoAttack } from './autoattack.js';
import type { Member } from './ensemble/member.js';
import { memberOf } from './ensemble/members.js';
import { runEnsemble } from './ensemble/run-ensemble.js';
import { ensemble, runCustomEnsemble } from './ensemble.js';
import { decisiveScores } from './search/ask.js';
import type { AttackResult } from './search/result.js';
import { conforms } from '../../test/conforms.js';
import { isDeep } from '../../test/tier.js';

const streams = randomStreams(6, 'ensemble');

conforms({
  norms: ['Linf', 'L2', 'L1'],
  exact: true,
  configure: (norm, epsilons) =>
    ensemble({
      ...{ norm, epsilons, attacks: [{ attack: 'fgsm' }, { attack: 'pgd', options: { steps: 20 } }] },
      trust: { samples: 10, noiseDraws: 100, queries: 100 },
    }),
});

const problem = linearProblem([8], 'three classes', 'inner');
const distances = problem.samples.indices.map((i) => problem.distance(i, 'Linf')).sort((a, b) => a - b);
const epsilons = distances[12]! * 1.001;
const ball = { norm: 'Linf', epsilons } as const;

function complete(options: JsonObject) {
  return completeOptions(ensemble.plugin, { ...ball, ...options });
}

/** The names of an ensemble's members in the order in which they run, as its evidence has them. */
async function orderOf(options: JsonObject): Promise<readonly string[] | undefined> {
  const given = { ...ball, trust: { samples: 0 }, ...options };
  const context = memoryContext({ plugin: ensemble.plugin, options: given }, problem.target, problem.samples);
  const { data } = await ensemble.plugin.run(context as never);
  return data.members;
}

describe('the order', () => {
  const attacks = [
    { attack: 'square', options: { queries: 40 } },
    { attack: 'pgd', options: { steps: 20 } },
    { attack: 'fgsm' },
    { attack: 'noise', options: { draws: 2 } },
  ];

  test('is cheapest first, by the rows that each needs', async () => {
    // A gradient counts as three predictions: 2, then 3 + 1, then 40, then 60 + 1, and the checks of each.
    expect(await orderOf({ attacks })).toEqual(['noise', 'fgsm', 'square', 'pgd']);
    const dear = attacks.map((each) => (each.attack === 'square' ? { ...each, options: { queries: 400 } } : each));
    expect(await orderOf({ attacks: dear })).toEqual(['noise', 'fgsm', 'pgd', 'square']);
  });

  test('is that of the config where it is asked for', async () => {
    expect(await orderOf({ attacks, order: 'as-given' })).toEqual(['square', 'pgd', 'fgsm', 'noise']);
  });

  test('never changes what falls', async () => {
    const fallen = async (order: 'cheapest-first' | 'as-given') => {
      const result = await runCustomEnsemble(problem.target, problem.samples, complete({ attacks, order }), streams);
      return result.epsilons[0]?.outcomes.map(({ fate }) => fate);
    };
    expect(await fallen('as-given')).toEqual(await fallen('cheapest-first'));
  });
});

describe('what an ensemble may have', () => {
  test('the same attack twice, under names of its own', async () => {
    const twice = [
      { attack: 'pgd', options: { steps: 5 } },
      { attack: 'fgsm' },
      { attack: 'pgd', options: { steps: 9 } },
      { attack: 'pgd', options: { steps: 3, relativeStepSize: 0.5 } },
    ];
    expect(await orderOf({ attacks: twice, order: 'as-given' })).toEqual(['pgd', 'fgsm', 'pgd-2', 'pgd-3']);
    expect(await orderOf({ attacks: twice })).toEqual(['fgsm', 'pgd-3', 'pgd', 'pgd-2']);
  });

  test.each<[JsonObject, RegExp]>([
    [{ attacks: [{ attack: 'pgdd' }] }, /pgdd/],
    [{ attacks: [] }, /attacks/],
    [{ attacks: [{ attack: 'pgd', options: { steps: 0 } }] }, /steps/],
    [{ attacks: [{ attack: 'pgd', options: { stepz: 4 } }] }, /stepz/],
    [{ attacks: [{ attack: 'pgd', options: { steps: 2, relativeStepSize: 0.1 } }] }, /cannot reach the border/],
    [{ attacks: [{ attack: 'pgd', options: { epsilons: 3 } }] }, /`epsilons` is the ensemble's, not a member's/],
    [{ attacks: [{ attack: 'pgd', options: { trust: { samples: 3 } } }] }, /`trust` is the ensemble's/],
    [{ attacks: [{ attack: 'ddn' }] }, /`norm` is "Linf", and must be "L2"/],
    [{ attacks: [{ attack: 'pgd' }], order: 'dearest-first' }, /order/],
    [{ epsilons: -1, attacks: [{ attack: 'pgd' }] }, /epsilons/],
  ])('and what not: %j', (options, sentence) => {
    expect(() => complete(options)).toThrow(sentence);
  });

  test('an attack that is not known is answered with those that are', () => {
    expect(() => complete({ attacks: [{ attack: 'pgdd' }] })).toThrow(/"fgsm".*"square"|fgsm, .*square/s);
  });

  test('an attack that does not fit the head is named', () => {
    const { domain, head } = linearProblem([8], 'two classes').target;
    const says = (attacks: JsonObject['attacks']) =>
      ensemble.plugin.appliesTo?.({ domain, head }, complete({ attacks: attacks ?? [] }));
    expect(says([{ attack: 'pgd' }, { attack: 'apgd', options: { loss: 'dlr' } }])).toBe(
      '`apgd`: the difference of logits ratio needs at least three classes',
    );
    expect(says([{ attack: 'pgd' }, { attack: 'apgd' }])).toBe(null);
  });

  test('draws that no member averages are refused: the number would be called one that averages', () => {
    expect(() => complete({ eotDraws: 5, attacks: [{ attack: 'fab-t' }, { attack: 'square' }] })).toThrow(
      /`eotDraws` is 5, and none of the attacks averages gradients/,
    );
  });

  test('averages go to the members that can average, and to no other', () => {
    const options = { eotDraws: 5, attacks: [{ attack: 'pgd', options: { steps: 20 } }, { attack: 'square' }] };
    const gradientsAt = (eotDraws: number) =>
      ensemble.plugin.cost(1, {
        ...complete({ ...options, eotDraws }),
        trust: { samples: 0, noiseDraws: 1, queries: 1 },
      }).gradients;
    expect(gradientsAt(5)).toBe(5 * gradientsAt(1));
  });
});

describe('the same bytes', () => {
  /** The attacks of AutoAttack, each cut short. */
  const tiny: readonly Member[] = [
    memberOf('apgd', { loss: 'cross-entropy', steps: 6 }, 'apgd-ce'),
    memberOf('apgd-t', { steps: 5, targetClasses: 2 }),
    memberOf('fab-t', { steps: 5, targetClasses: 2 }),
    memberOf('square', { queries: 30 }),
  ];

  async function inChunks(
    size: number,
    samples: Samples,
    run: (part: Samples) => Promise<AttackResult>,
  ): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let start = 0; start < samples.indices.length; start += size) {
      const rows = samples.indices.flatMap((_, i) => (i >= start && i < start + size ? [i] : []));
      const { epsilons: steps } = await run(chosen(samples, rows));
      rows.forEach((_, i) =>
        all.push(steps.map((each) => ({ input: [...row(each.inputs, i)], outcome: each.outcomes[i] }))),
      );
    }
    return all;
  }

  test('whatever the chunks, of the attacks of AutoAttack', async () => {
    const { target, samples } = await fashion('fashion-cnn-robust', 6);
    const run = (part: Samples) =>
      runEnsemble(target, part, { norm: 'Linf', epsilons: [0.05, 0.15], members: tiny, draws: 1 }, streams);
    const whole = await inChunks(8, samples, run);
    expect(whole).toHaveLength(6);
    expect(JSON.stringify(whole)).toMatch(/"fate":"broken"/);
    expect(JSON.stringify(whole)).toMatch(/"fate":"survived"/);
    for (const size of [1, 3]) expect(await inChunks(size, samples, run)).toEqual(whole);
    const backwards = chosen(samples, [5, 4, 3, 2, 1, 0]);
    expect((await inChunks(8, backwards, run)).reverse()).toEqual(whole);
    await target.dispose();
  });
});

if (isDeep) {
  test('AutoAttack `rand` on a randomized target: what it breaks is wrong in most of fresh answers', async () => {
    const { target, samples } = await defended('random-resizing', 20);
    if (!isDifferentiable(target)) throw new Error('a random size has gradients');
    const options = { norm: 'Linf', epsilons: 0.1, version: 'rand', eotDraws: 4 } as const;
    const { epsilons: steps } = await runAutoAttack(target, samples, options, streams);
    const { outcomes, inputs } = steps[0]!;
    const broken = outcomes.flatMap(({ fate }, i) => (fate === 'broken' ? [i] : []));
    expect(broken.length).toBeGreaterThanOrEqual(14);
    expect(broken.every((i) => ['apgd-ce', 'apgd-dlr'].includes(outcomes[i]?.by ?? ''))).toBe(true);
    // A hundred fresh answers: an input that is wrong in half of them only just was, and would be by chance.
    const scores = await decisiveScores(target, takeRows(inputs, broken), chosen(samples, broken).labels, 100);
    const right = broken.filter((position, k) =>
      isCorrect(target.head, row(scores, k), labelRow(samples.labels, position)),
    );
    expect(right.length).toBeLessThanOrEqual(1);
    await target.dispose();
  });
}
