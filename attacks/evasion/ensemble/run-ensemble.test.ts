import { randomStreams } from '#stats/random';
import { row } from '#base/tensor';
import { linearProblem } from '#testing/linear-problem';
import { recheck } from '../evidence/recheck.js';
import { boxOf } from '../geometry/space.js';
import type { AttackResult } from '../search/result.js';
import type { Member } from './member.js';
import { memberOf } from './members.js';
import { runEnsemble } from './run-ensemble.js';

const streams = randomStreams(3, 'ensemble');
const problem = linearProblem([4, 6], 'three classes');
const { target, samples } = problem;

/** A radius at which some samples fall and some stand. */
const distances = samples.indices.map((_, i) => problem.distance(i, 'Linf')).sort((a, b) => a - b);
const epsilon = (distances[11]! + distances[12]!) / 2;

function run(members: readonly Member[], epsilons: number | number[] = epsilon, draws = 1) {
  return runEnsemble(target, samples, { norm: 'Linf', epsilons, members, draws }, streams);
}

/** A member that changes what another one says. */
function changed(member: Member, change: (result: AttackResult) => AttackResult): Member {
  if (member.uses === 'scores') throw new Error('not here');
  const run: typeof member.run = async (...given) => change(await member.run(...given));
  return { ...member, name: 'mistaken', run };
}

/** A member that writes down which samples it was given. */
function watched(member: Member, seen: number[][]): Member {
  if (member.uses === 'scores') throw new Error('not here');
  const run: typeof member.run = (on, part, ...rest) => {
    seen.push([...part.indices]);
    return member.run(on, part, ...rest);
  };
  return { ...member, run };
}

const fallen = ({ epsilons }: AttackResult, k = 0) =>
  epsilons[k]!.outcomes.flatMap(({ fate }, i) => (fate === 'broken' || fate === 'carried' ? [i] : []));

test('breaks what any of its members breaks, and names the first that did', async () => {
  const members = [memberOf('noise', { draws: 3 }), memberOf('fgsm'), memberOf('pgd', { steps: 20 })];
  const result = await run(members);
  const able = samples.indices.filter((i) => problem.distance(i, 'Linf') < epsilon);
  expect(fallen(result)).toEqual(able);
  const by = result.epsilons[0]!.outcomes.map(({ by }) => by);
  expect(new Set(able.map((i) => by[i]))).toEqual(
    new Set(['fgsm', ...(by.includes('noise') ? ['noise'] : []), ...(by.includes('pgd') ? ['pgd'] : [])]),
  );
  expect(samples.indices.filter((i) => !able.includes(i)).every((i) => by[i] === '')).toBe(true);
});

test('each member sees survivors only, from the original inputs', async () => {
  const seen: number[][] = [];
  const first = watched(memberOf('fgsm'), seen);
  await run([first, watched(memberOf('pgd', { steps: 10 }), seen)]);
  const [all = [], left = []] = seen;
  expect(all).toEqual(samples.indices);
  const byFgsm = fallen(await run([memberOf('fgsm')]));
  expect(left).toEqual(samples.indices.filter((i) => !byFgsm.includes(i)));
});

test('a sample that falls at an epsilon is not attacked at a larger one, and counts there', async () => {
  const seen: number[][] = [];
  const result = await run([watched(memberOf('pgd', { steps: 20 }), seen)], [epsilon, 2 * epsilon]);
  expect(seen[1]).toEqual(samples.indices.filter((i) => !fallen(result, 0).includes(i)));
  expect(fallen(result, 1)).toEqual(samples.indices.filter((i) => problem.distance(i, 'Linf') < 2 * epsilon));
  expect(result.epsilons[1]!.outcomes.filter(({ fate }) => fate === 'carried')).toHaveLength(fallen(result, 0).length);
});

test.each([
  ['original inputs', (_: Float32Array, original: Float32Array) => original],
  [
    'inputs beyond epsilon',
    (input: Float32Array, original: Float32Array) =>
      input.map((value, j) => (original[j] ?? 0) + 3 * (value - (original[j] ?? 0))),
  ],
])('a member that calls %s adversarial costs no other member a sample', async (_name, forge) => {
  const liar = changed(memberOf('pgd', { steps: 20 }), ({ norm, epsilons }) => ({
    norm,
    epsilons: epsilons.map((each) => ({
      ...each,
      inputs: {
        shape: each.inputs.shape,
        data: Float32Array.from(
          each.outcomes.flatMap((_, i) => [...forge(row(each.inputs, i), row(samples.inputs, i))]),
        ),
      },
      outcomes: each.outcomes.map((outcome) => ({ ...outcome, fate: 'broken' as const })),
    })),
  }));
  const result = await run([liar, memberOf('pgd', { steps: 20 })]);
  expect(fallen(result)).toEqual(samples.indices.filter((i) => problem.distance(i, 'Linf') < epsilon));
  const positions = fallen(result);
  const checked = await recheck(target, samples, result.epsilons[0]!.inputs, positions, {
    norm: 'Linf',
    epsilon,
    box: boxOf(target),
  });
  expect(checked.every(({ refusal }) => refusal === null)).toBe(true);
});

test('counts what all members asked for', async () => {
  const members = [memberOf('fgsm'), memberOf('pgd', { steps: 7 })];
  const before = { ...target.queries };
  const result = await run(members);
  const spent = target.queries.gradients - before.gradients;
  const stated = result.epsilons[0]!.outcomes.reduce((sum, { gradientQueries }) => sum + gradientQueries, 0);
  expect(stated).toBe(spent);
});

test('refuses an attack that it does not know, options that are not, and a norm that a member has not', () => {
  expect(() => memberOf('pgdd')).toThrow(/no attack of an ensemble is called `pgdd`/);
  expect(() => memberOf('pgd', { steps: 0 }).requires('Linf')).toThrow(/steps/);
  expect(() => memberOf('pgd', { epsilons: 3 }).requires('Linf')).toThrow(/`epsilons` is the ensemble's/);
  expect(() => memberOf('ddn').requires('Linf')).toThrow(/`norm` is "Linf", and must be "L2"/);
});
