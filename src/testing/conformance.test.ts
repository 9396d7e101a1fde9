import { Type } from '@sinclair/typebox';
import { rowsOf, row, type Tensor } from '#base/tensor';
import { defineAttack } from '#plugin/define';
import type { ConfiguredPlugin, Example, Plugin, RunContext, SampleOutcomes } from '#plugin/plugin';
import { isCorrect, labelRow } from '#target/head';
import { pgd } from '#attacks/evasion/index';
import { attackConformance } from './conformance.js';
import type { AttackUnderTest } from './under-test.js';

const GERMAN = {
  ...{ title: 'Hält stand', failureTitle: 'Unterliegt', description: 'Verschiebt jede Eingabe einmal.' },
  ...{ advice: 'Beheben.', threat: 'Jemand.' },
};

const OUTCOME = { id: 'robust', label: 'Robust', indices: [0, 1], bits: '10' };
const ONE_BIT = 'gives one outcome a sample, under ids that are unique';
const outcomes = (...found: SampleOutcomes[]) => small({ move: honest, plugin: { outcomes: () => found } });

/** Every property that the kit finds missing. */
async function missing(attack: AttackUnderTest): Promise<string[]> {
  const found: string[] = [];
  for (const { tests } of attackConformance(attack)) {
    for (const { name, body } of tests) {
      try {
        await body();
      } catch {
        found.push(name);
      }
    }
  }
  return [...new Set(found)];
}

type Options = { readonly epsilons: number };

/** How a small attack of somebody else moves a batch. */
type Move = (inputs: Tensor, context: RunContext<Options>) => Tensor | Promise<Tensor>;

interface Changes {
  readonly move: Move;
  readonly plugin?: Partial<Plugin>;
  /** Whether inputs count that were not wrong. */
  readonly boasts?: boolean;
}

/** A whole plugin that moves each input once and reports those that became wrong, without any help of Assay's. */
function small({ move, plugin = {}, boasts = false }: Changes): AttackUnderTest {
  const { plugin: whole } = defineAttack({
    id: 'small/attack',
    area: 'evasion',
    title: 'Withstands it',
    failureTitle: 'Falls to it',
    description: 'Moves each input once.',
    sources: ['Nobody 2020'],
    severity: 'low',
    frameworks: { 'owasp-ml': ['ML01'] },
    needs: ['scores'],
    data: ['test'],
    advice: 'Mend it.',
    threat: 'Somebody.',
    options: Type.Object({ epsilons: Type.Number({ minimum: 0 }) }),
    policy: Type.Object({ atLeast: Type.Number() }),
    presets: { baseline: { atLeast: 0 }, strict: { atLeast: 0.5 }, 'high-risk': { atLeast: 0.5 } },
    cost: (samples) => ({ predictions: 2 * samples, gradients: 0 }),
    run: (context) => movedOnce(context, move, boasts),
    judge: ({ robust, n }, { thresholds: { atLeast }, setBy }) => ({
      status: robust / n >= atLeast ? 'pass' : 'fail',
      claim: `${robust} of ${n} stay right.`,
      reasons: [],
      measures: [
        {
          ...{ id: 'robust', label: 'Robust accuracy', value: robust / n, format: 'rate', n, interval: null },
          threshold: {
            comparison: 'at-least',
            value: atLeast,
            compared: robust / n,
            holds: robust / n >= atLeast,
            setBy,
          },
        },
      ],
      signs: [],
    }),
    details: () => [],
  });
  const changed = { ...whole, ...plugin } as Plugin;
  const configure = (_norm: string, epsilon: number): ConfiguredPlugin => ({
    plugin: changed,
    options: { epsilons: epsilon },
  });
  return { configure, norms: ['Linf'], exact: false };
}

async function movedOnce(context: RunContext<Options>, move: Move, boasts: boolean) {
  const { target, test } = context;
  if (target === null) throw new Error('no target');
  const { inputs, labels, indices } = await test.range(0, test.indices.length);
  const before = await target.predict(inputs);
  const changed = await move(inputs, context);
  const after = await target.predict(changed);
  const examples = indices.flatMap((sample, i): Example[] => {
    const label = labelRow(labels, i);
    if (!isCorrect(target.head, row(before, i), label)) return [];
    if (isCorrect(target.head, row(after, i), label) && !boasts) return [];
    const norm = { kind: 'Linf', value: context.options.epsilons };
    return [
      {
        ...{ sample, epsilon: context.options.epsilons, norm, label: [...label] },
        ...{ scoresBefore: [...row(before, i)], scoresAfter: [...row(after, i)] },
        ...{ original: row(inputs, i), changed: row(changed, i) },
      },
    ];
  });
  return { data: { robust: indices.length - examples.length, n: indices.length }, examples };
}

/** Random signs of each sample's own stream, clipped: the attack without a fault. */
const honest: Move = ({ shape, data }, { options, test, random, target }) => {
  const [low, high] =
    target?.domain.kind === 'tabular' || target?.domain.kind === 'image' ? target.domain.range : [0, 1];
  const size = data.length / shape[0]!;
  const signs = test.indices.flatMap((index) => {
    const source = random.of(index);
    return Array.from({ length: size }, () => (source.uniform() < 0.5 ? -1 : 1));
  });
  // A hair less than epsilon: float32 sums round either way.
  const step = options.epsilons * (1 - 1e-6);
  return { shape, data: data.map((value, i) => Math.min(Math.max(value + step * (signs[i] ?? 0), low), high)) };
};

async function moved(
  change: (value: number, i: number, epsilon: number) => number,
  ...[inputs, context]: Parameters<Move>
): Promise<Tensor> {
  const { shape, data } = await honest(inputs, context);
  return { shape, data: data.map((value, i) => change(value, i, context.options.epsilons)) };
}

test('an attack without a fault has every property', async () => {
  expect(await missing(small({ move: honest }))).toEqual([]);
});

describe('a planted fault is found', () => {
  const BUDGET = 'keeps budget and domain to 1e-6, and every example is wrong';
  const NEAR = 'keeps budget and domain to 1e-6 where the domain is near';
  const INDEPENDENT = 'gives the same for the same seed, alone, in any batch and in any order';
  let calls = 0;

  test.each<[string, AttackUnderTest, string]>([
    [
      'more than its budget',
      small({
        move: (x, c) => moved((value, i, epsilon) => (i % 8 === 0 && epsilon > 0 ? value + 2 * epsilon : value), x, c),
      }),
      BUDGET,
    ],
    [
      'a thousandth more than its budget',
      small({
        move: ({ shape, data }, { options }) => ({
          shape,
          data: data.map((value, i) => value + (i % 2 === 0 ? 1.001 : -1.001) * options.epsilons),
        }),
      }),
      NEAR,
    ],
    [
      'out of the domain',
      small({
        move: ({ shape, data }, { options }) => ({
          shape,
          data: data.map((value, i) => value + (i % 3 === 0 ? 0.999 : -0.999) * options.epsilons),
        }),
      }),
      NEAR,
    ],
    [
      'values that are not numbers',
      small({ move: (x, c) => moved((value, _i, epsilon) => (epsilon > 0 ? NaN : value), x, c) }),
      BUDGET,
    ],
    ['inputs that are right called wrong', small({ move: honest, boasts: true }), 'epsilon 0 is the identity'],
    [
      'noise at epsilon 0',
      small({ move: ({ shape, data }) => ({ shape, data: data.map((value) => -value) }) }),
      'epsilon 0 is the identity',
    ],
    [
      'a step that depends on the batch',
      small({
        move: (x, c) =>
          moved((value) => value, x, { ...c, options: { epsilons: c.options.epsilons / Math.sqrt(rowsOf(x)) } }),
      }),
      INDEPENDENT,
    ],
    [
      'one stream for all samples',
      small({ move: (x, c) => honest(x, { ...c, random: sharedStream(c) }) }),
      INDEPENDENT,
    ],
    [
      'numbers from nowhere',
      small({ move: (x, c) => honest(x, { ...c, random: c.random.fork(String(calls++)) }) }),
      INDEPENDENT,
    ],
    [
      'an attack that never finds anything',
      { ...small({ move: (x) => x }), exact: true },
      'has the robust accuracy of the closed form',
    ],
    [
      'an attack by gradients whose judge believes every survivor',
      small({ move: honest, plugin: { needs: ['gradients'] } }),
      'does not pass a model whose gradients are zero',
    ],
    [
      'evidence that JSON cannot hold',
      small({ move: honest, plugin: { run: () => Promise.resolve({ data: { robust: NaN, n: 24 }, examples: [] }) } }),
      'gives a verdict, evidence that can be shown, and no sign that it failed',
    ],
    ['no advice', small({ move: honest, plugin: { advice: ' ' } }), 'says what it is, completely'],
    [
      'advice that was forgotten in one language',
      small({ move: honest, plugin: { texts: { de: { ...GERMAN, advice: '' } } } }),
      'says the same in every language that it brings',
    ],
    ['outcomes of one id', outcomes(OUTCOME, OUTCOME), ONE_BIT],
    ['an outcome short of a sample', outcomes({ ...OUTCOME, bits: '1' }), ONE_BIT],
    ['an outcome that is a rate', outcomes({ ...OUTCOME, bits: '.5' }), ONE_BIT],
    ['an outcome of a sample that was not there', outcomes({ ...OUTCOME, indices: [0, 24] }), ONE_BIT],
    [
      'no thresholds for high risk',
      small({
        move: honest,
        plugin: { presets: { baseline: { atLeast: 0 }, strict: { atLeast: 0 } } as unknown as Plugin['presets'] },
      }),
      'has presets that fit its own policy',
    ],
    ['an id in capitals', small({ move: honest, plugin: { id: 'Small/Attack' } }), 'says what it is, completely'],
    [
      'a preset of another policy',
      small({
        move: honest,
        plugin: { presets: { baseline: { atLeast: 0 }, strict: {}, 'high-risk': { atLeast: 0.5 } } },
      }),
      'has presets that fit its own policy',
    ],
    [
      'a schema that takes any number',
      small({ move: honest, plugin: { options: Type.Object({ epsilons: Type.Number() }) } }),
      'refuses a negative epsilon',
    ],
    [
      'a schema that takes any key',
      small({
        move: honest,
        plugin: { options: Type.Object({ epsilons: Type.Number({ minimum: 0 }) }, { additionalProperties: true }) },
      }),
      'refuses an option that it does not know',
    ],
  ])('%s', async (_, attack, property) => {
    expect(await missing(attack)).toContain(property);
  });

  test('a walk that is too weak for the closed form', async () => {
    const weak: AttackUnderTest = {
      configure: (norm, epsilons) => pgd({ norm, epsilons: epsilons === 0 ? 0 : 0.5 * epsilons, steps: 5 }),
      ...{ norms: ['Linf'], exact: true, minimumNorm: true },
    };
    expect(await missing(weak)).toEqual(
      expect.arrayContaining([
        'changes each sample by at most 1.05 of its exact distance',
        'has the robust accuracy of the closed form',
        'breaks every sample whose exact distance is below 0.8 of the radius',
      ]),
    );
  });
});

test('heads that an attack does not apply to are left out', () => {
  const attack = small({
    move: honest,
    plugin: { appliesTo: ({ head }) => (head.kind === 'binary' ? null : 'Only for one score.') },
  });
  expect(attackConformance(attack).map(({ name }) => name)).toEqual([
    'the plugin',
    'Linf, binary, samples of shape [8]',
  ]);
});

/** Every sample draws from one stream, after the others. */
function sharedStream({ random }: RunContext<Options>): RunContext<Options>['random'] {
  const one = random.of(0);
  return { fork: () => sharedStream({ random } as RunContext<Options>), of: () => one };
}
