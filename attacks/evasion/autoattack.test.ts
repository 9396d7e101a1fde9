import { row } from '#base/tensor';
import { completeOptions } from '#plugin/options';
import { randomStreams } from '#stats/random';
import { memoryContext } from '#testing/context';
import { chosen } from '#testing/run';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Samples } from '#target/target';
import { fashion, TORCH_OPTIONS } from '../../test/fashion.js';
import { waveSamples, waveTarget } from '../../test/wave-target.js';
import { runApgd } from './apgd.js';
import { runApgdT } from './apgd-t.js';
import { autoAttack, autoAttackMembers, runAutoAttack, type AutoAttackOptions } from './autoattack.js';
import type { Member } from './ensemble/member.js';
import { countBits } from './evidence/data.js';
import { runFab } from './fab.js';
import { runFabT } from './run-fab-t.js';
import { runPgd } from './pgd.js';
import { runSquare } from './run-square.js';
import type { AttackResult } from './search/result.js';
import { robustBits } from './verdict/judge.js';
import { memberTable } from './verdict/member-table.js';
import { everyNthOfEach, isDeep } from '../../test/tier.js';

const streams = randomStreams(4, 'autoattack');

/** More classes than goals, and samples of which some stand: they are attacked to the end of every schedule. */
const target = waveTarget('autoattack', 12, 5, 3);
const samples = waveSamples(target, 2);

type Version = AutoAttackOptions['version'];
type Run = (norm: 'Linf' | 'L2' | 'L1', epsilons: number) => Promise<AttackResult>;

function membersOf(version: Version, norm: 'Linf' | 'L2' | 'L1' = 'Linf'): readonly Member[] {
  return autoAttackMembers({ version, norm, epsilons: 0.1 });
}

/** The settings of the authors' code (autoattack.py, `set_version`; its constructor for FAB and Square). */
const published = {
  apgd:
    (loss: 'cross-entropy' | 'dlr', restarts: number, changes = {}): Run =>
    (norm, epsilons) =>
      runApgd(
        target,
        samples,
        { norm, epsilons, loss, restarts, steps: 100, rho: 0.75, largerRadii: false, ...changes },
        streams,
      ),
  apgdT:
    (targetClasses: number, changes = {}): Run =>
    (norm, epsilons) =>
      runApgdT(
        target,
        samples,
        { norm, epsilons, targetClasses, restarts: 1, steps: 100, rho: 0.75, largerRadii: false, ...changes },
        streams,
      ),
  fab: (): Run => (norm, epsilons) =>
    runFab(target, samples, { norm, epsilons, steps: 100, restarts: 5, ...FAB, stopAt: epsilons }, streams),
  fabT: (): Run => (norm, epsilons) =>
    runFabT(
      target,
      samples,
      { norm, epsilons, steps: 100, restarts: 1, targetClasses: 9, ...FAB, stopAt: epsilons },
      streams,
    ),
  square: (): Run => (norm, epsilons) =>
    runSquare(
      target,
      samples,
      { norm, epsilons, queries: 5000, restarts: 1, initialShare: 0.8, rescaleSchedule: false },
      streams,
    ),
};
const FAB = { alphaMax: 0.1, eta: 1.05, beta: 0.9 };
const larger = { largerRadii: true };

const STANDARD = { 'apgd-ce': published.apgd('cross-entropy', 1), 'apgd-t': published.apgdT(9) };
const AFTER = { 'fab-t': published.fabT(), square: published.square() };
const SPARSE = { 'apgd-ce': published.apgd('cross-entropy', 5, larger), 'apgd-t': published.apgdT(5, larger) };
const PLUS = {
  'apgd-ce': published.apgd('cross-entropy', 5),
  'apgd-dlr': published.apgd('dlr', 5),
  fab: published.fab(),
  square: published.square(),
  'apgd-t': published.apgdT(9),
  'fab-t': published.fabT(),
};
const RAND = {
  'apgd-ce': published.apgd('cross-entropy', 1, { eotDraws: 20 }),
  'apgd-dlr': published.apgd('dlr', 1, { eotDraws: 20 }),
};

/** Radii at which these samples stand, or fall late. */
const RADII = { Linf: 0.02, L2: 0.06, L1: 0.15 };

describe('each version has the attacks of the authors, in their order and with their settings', () => {
  const versions: readonly (readonly [Version, 'Linf' | 'L2' | 'L1', Readonly<Record<string, Run>>])[] = [
    ['standard', 'Linf', { ...STANDARD, ...AFTER }],
    ['standard', 'L2', { ...STANDARD, ...AFTER }],
    ['standard', 'L1', { ...SPARSE, ...AFTER }],
    ['plus', 'Linf', PLUS],
    ['plus', 'L1', PLUS],
    ['rand', 'L2', RAND],
    ['rand', 'L1', RAND],
  ];

  test.each(everyNthOfEach(2, ([version]) => version, versions))('%s in %s', async (version, norm, expected) => {
    const members = membersOf(version, norm);
    expect(members.map(({ name }) => name)).toEqual(Object.keys(expected));
    const epsilon = RADII[norm];
    for (const member of members) {
      // Square is compared once: its queries are the same in all.
      if (member.name === 'square' && (version !== 'standard' || norm !== 'Linf')) continue;
      const found = await runOf(member, norm, epsilon);
      expect(found).toEqual(await expected[member.name]?.(norm, epsilon));
      expect(found.epsilons[0]?.outcomes.some(({ fate }) => fate === 'survived')).toBe(true);
    }
  });

  function runOf(member: Member, norm: 'Linf' | 'L2' | 'L1', epsilon: number): Promise<AttackResult> {
    return member.run(target, samples, { norm, epsilon }, streams, () => undefined);
  }

  test('square has its 5,000 queries in each', () => {
    for (const version of ['standard', 'plus'] as const) {
      for (const norm of ['Linf', 'L2', 'L1'] as const) {
        const square = membersOf(version, norm).find(({ name }) => name === 'square');
        expect(square?.costIn(norm)).toEqual(membersOf('standard').at(-1)?.costIn('Linf'));
      }
    }
  });

  test('names are unique', () => {
    for (const version of ['standard', 'plus', 'rand'] as const) {
      const names = membersOf(version).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('averages over random draws', () => {
  const complete = (options: Readonly<Record<string, string | number>>) =>
    completeOptions(autoAttack.plugin, { norm: 'Linf', epsilons: 0.1, ...options });

  test('are 20 in `rand`, as it is written in a config too', () => {
    const gradients = (options: AutoAttackOptions) =>
      autoAttackMembers(options).map((member) => member.costIn('Linf').gradients);
    const [once] = gradients(complete({ version: 'rand', eotDraws: 1 }));
    expect(gradients(complete({ version: 'rand' }))).toEqual([20 * (once ?? NaN), 20 * (once ?? NaN)]);
  });

  test('are not to be had where no gradient is averaged', async () => {
    const options = { norm: 'Linf', epsilons: 0.1, eotDraws: 20 } as const;
    for (const version of ['standard', 'plus'] as const) {
      const sentence = `\`eotDraws\` is 20, and AutoAttack \`${version}\` averages no gradients`;
      expect(() => complete({ version, eotDraws: 20 })).toThrow(sentence);
      await expect(runAutoAttack(target, samples, { ...options, version }, streams)).rejects.toThrow(sentence);
    }
  });
});

describe('too few classes', () => {
  const sentenceOf = (count: number | 'binary', version: Version) => {
    const head = count === 'binary' ? ({ kind: 'binary' } as const) : ({ kind: 'classes', count } as const);
    const { domain } = linearTarget([Float64Array.of(1)], [0], { head: { kind: 'binary' }, shape: [1] });
    const options = completeOptions(autoAttack.plugin, { norm: 'Linf', epsilons: 0.1, version });
    return autoAttack.plugin.appliesTo?.({ domain, head }, options);
  };

  test.each([
    ['standard', 4],
    ['plus', 4],
    ['rand', 3],
  ] as const)('%s needs %d', (version, least) => {
    expect(sentenceOf(least, version)).toBe(null);
    for (const few of [least - 1, 'binary'] as const) {
      expect(sentenceOf(few, version)).toBe(
        `the losses of AutoAttack \`${version}\` need at least ${least} classes; \`evasion/ensemble\` combines attacks that fit`,
      );
    }
  });
});

describe('on images, in Linf 0.1', () => {
  const options = { norm: 'Linf', epsilons: 0.1, version: 'standard' } as const;
  let model: { target: DifferentiableTarget; samples: Samples };
  beforeAll(async () => (model = await fashion('fashion-cnn-robust', 40)));
  afterAll(() => model.target.dispose());

  if (isDeep) {
    test('it breaks what PGD with 40 steps breaks, and says by what', async () => {
      const pgd = await runPgd(model.target, model.samples, { ...TORCH_OPTIONS, epsilons: 0.1 }, streams);
      const endingAs = (wanted: string) =>
        pgd.epsilons[0]!.outcomes.flatMap(({ fate }, i) => (fate === wanted ? [i] : []));
      const byPgd = endingAs('broken');
      expect(byPgd.length).toBeGreaterThanOrEqual(5);
      // Those, and some of the others: what stands to the end costs the most.
      const rest = [...endingAs('misclassified').slice(0, 2), ...endingAs('survived').slice(0, 3)];
      const samples = chosen(model.samples, [...byPgd, ...rest]);
      const n = samples.indices.length;
      const configured = autoAttack({ norm: 'Linf', epsilons: 0.1, trust: { samples: 0 } });
      const { data } = await autoAttack.plugin.run(memoryContext(configured, model.target, samples) as never);
      const [at] = data.epsilons;
      // One less at most: both climb, and neither is exact.
      expect(byPgd.filter((_, i) => at?.broken[i] !== '1').length).toBeLessThanOrEqual(1);
      expect(data.members).toEqual(['apgd-ce', 'apgd-t', 'fab-t', 'square']);
      at?.by?.forEach((by, i) => {
        if (at.broken[i] === '1') expect(data.members).toContain(by);
        else expect(by).toBe(null);
      });

      const [table] = memberTable(data);
      const rows = table?.rows ?? [];
      expect(rows.map(([, member]) => member)).toEqual(data.members);
      const count = (column: number, k: number) => Number(rows[k]?.[column]);
      expect(count(3, 3)).toBe(countBits(robustBits(data, at!)) / n);
      expect(count(3, 0) * n + count(2, 0)).toBeCloseTo(countBits(data.cleanCorrect), 9);
      for (const k of [1, 2, 3]) {
        expect(count(3, k - 1) * n - count(2, k)).toBeCloseTo(count(3, k) * n, 9);
      }
      expect(rows.reduce((sum, _, k) => sum + count(2, k), 0)).toBe(countBits(at!.broken));
    });
  }

  test('samples that are wrong when clean are never attacked', async () => {
    const few = chosen(model.samples, [0, 1]);
    const labels = { width: 1, values: few.labels.values.map((label) => (label + 1) % 10) };
    const wrong: Samples = { ...few, labels };
    const before = { ...model.target.queries };
    const { epsilons } = await runAutoAttack(model.target, wrong, options, streams);
    expect(epsilons[0]?.outcomes.map(({ fate }) => fate)).toEqual(['misclassified', 'misclassified']);
    expect(row(epsilons[0]!.inputs, 1)).toEqual(row(wrong.inputs, 1));
    expect(model.target.queries.gradients).toBe(before.gradients);
  });
});
