import { Type, type TSchema } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { AssayError } from '#base/errors';
import { rng, type Rng } from '#stats/random';
import type { Place } from './place.js';
import { check } from './validate.js';

const place: Place = { code: 'config', file: 'c.json', path: ['audits', 'evasion/pgd'] };

const Options = Type.Object(
  {
    norm: Type.Unsafe<'Linf' | 'L2'>({ type: 'string', enum: ['Linf', 'L2'], default: 'Linf' }),
    epsilons: Type.Union([
      Type.Number({ exclusiveMinimum: 0 }),
      Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 1 }),
    ]),
    steps: Type.Integer({ minimum: 1, default: 40 }),
    start: Type.Object({ random: Type.Boolean({ default: true }) }, { additionalProperties: false, default: {} }),
    bar: Type.Optional(Type.Union([Type.Object({ atLeast: Type.Number({ minimum: 0, maximum: 1 }) }), Type.Null()])),
    mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('exact')])),
    days: Type.Optional(Type.Array(Type.String({ format: 'date' }), { uniqueItems: true, maxItems: 2 })),
    pair: Type.Optional(Type.Tuple([Type.String(), Type.Number()])),
  },
  { additionalProperties: false },
);

function messageOf(schema: TSchema, value: unknown, where: Place = place): string {
  try {
    check(schema, value, where);
    return 'accepted';
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AssayError);
    return (thrown as AssayError).message;
  }
}

describe('check', () => {
  test('fills in defaults, in a copy', () => {
    const written = Object.freeze({ epsilons: Object.freeze([0.1]) });
    expect(check(Options, written, place)).toEqual({
      norm: 'Linf',
      epsilons: [0.1],
      steps: 40,
      start: { random: true },
    });
    expect(written).toEqual({ epsilons: [0.1] });
  });

  test('two values share no defaults', () => {
    const first = check(Options, { epsilons: 1 }, place);
    const second = check(Options, { epsilons: 1 }, place);
    expect(first.start).not.toBe(second.start);
  });

  test('leaves out members that are undefined', () => {
    expect(check(Options, { epsilons: 1, steps: undefined, bar: undefined }, place).steps).toBe(40);
  });

  test.each([
    [
      { epsilons: '0.1' },
      'epsilons` is "0.1", and must be a number greater than 0 or a list of one or more numbers greater than 0',
    ],
    [{ epsilons: [0.1, -1] }, 'epsilons[1]` is -1, and must be a number greater than 0'],
    [{ epsilons: [] }, 'epsilons` is [], and must be a list of one or more numbers greater than 0'],
    [{ epsilons: 0 }, 'epsilons` is 0, and must be a number greater than 0'],
    [{ epsilons: 1, steps: 0.5 }, 'steps` is 0.5, and must be a whole number of at least 1'],
    [{ epsilons: 1, norm: 'linf' }, 'norm` is "linf", and must be "Linf" or "L2"; the closest is "Linf"'],
    [{ epsilons: 1, start: { random: 'yes' } }, 'start.random` is "yes", and must be true or false'],
    [{ epsilons: 1, bar: { atLeast: 2 } }, 'bar.atLeast` is 2, and must be a number from 0 to 1'],
    [{ epsilons: 1, bar: {} }, 'bar.atLeast` is missing, and must be a number from 0 to 1'],
    [{ epsilons: 1, bar: 1 }, 'bar` is 1, and must be an object or null'],
    [{ epsilons: 1, mode: 'fats' }, 'mode` is "fats", and must be "fast" or "exact"'],
    [{ epsilons: 1, days: ['2027-02-30'] }, 'days[0]` is "2027-02-30", and must be a day as YYYY-MM-DD'],
    [
      { epsilons: 1, days: ['2027-02-03', '2027-02-03'] },
      'days` is ["2027-02-03","2027-02-03"], and must not hold a value twice',
    ],
    [
      { epsilons: 1, days: ['2027-02-03', '2027-02-04', '2027-02-05'] },
      'days` is ["2027-02-03","2027-02-04","2027-02-05"], and must be a list of at most 2 days as YYYY-MM-DD',
    ],
    [{ epsilons: 1, pair: [1, 'a'] }, 'pair[0]` is 1, and must be a text'],
    [{ epsilons: 1, pair: ['a'] }, 'pair` is ["a"], and must be a list of a text, then a number'],
  ])('%j', (value, sentence) => {
    const [first] = messageOf(Options, value).split(/\. (?=c\.json)/);
    expect(first?.replace(/\.$/, '')).toBe(`c.json: \`audits["evasion/pgd"].${sentence}`);
  });

  const cycle: Record<string, unknown> = {};
  cycle['epsilons'] = cycle;
  test.each([
    ['a cycle', cycle, 'nests deeper than 64 levels'],
    ['NaN', { epsilons: NaN }, 'is NaN, and must be a finite number'],
    ['a function', { epsilons: () => 1 }, 'is a function, and must be plain data: what JSON can hold'],
    ['a Map', { epsilons: new Map() }, 'is an instance of Map, and must be plain data: what JSON can hold'],
    [
      'a typed array',
      { epsilons: new Float32Array(2) },
      'is an instance of Float32Array, and must be plain data: what JSON can hold',
    ],
    ['a big integer', { epsilons: 1n }, 'is 1, and must be plain data: what JSON can hold'],
    [
      'a hole in a list',
      { epsilons: new Array<number>(1) },
      '[0]` is undefined, and must be plain data: what JSON can hold',
    ],
    ['undefined', undefined, '`audits["evasion/pgd"]` is undefined, and must be plain data: what JSON can hold'],
  ])('refuses %s', (_, value, sentence) => {
    expect(messageOf(Options, value)).toContain(sentence);
  });

  test('two schemas may have the same $id', () => {
    const first = Type.Object({ a: Type.Number() }, { $id: 'same' });
    const second = Type.Object({ b: Type.Number() }, { $id: 'same' });
    expect(messageOf(first, { a: 1 })).toBe('accepted');
    expect(messageOf(second, { b: 1 })).toBe('accepted');
  });

  test('a schema that ajv cannot compile is the fault of the plugin', () => {
    const broken = Type.Unsafe({ type: 'number', minimum: 'low' });
    expect(() => check(broken, 1, place)).toThrow(
      expect.objectContaining({ name: 'AssayError', code: 'plugin' }) as Error,
    );
  });
});

describe('accepts what plain ajv accepts, and has a sentence for all else', () => {
  const validate = new Ajv({ strict: false, useDefaults: true, formats: { date: /^\d{4}-\d\d-\d\d$/ } }).compile(
    Options,
  );

  test('on 2,000 random values', () => {
    const random = rng('validate');
    const counts = { accepted: 0, refused: 0 };
    for (let i = 0; i < 2_000; i++) {
      const value = randomOptions(random);
      const message = messageOf(Options, value);
      expect({ value, accepted: message === 'accepted' }).toEqual({
        value,
        accepted: validate(structuredClone(value)),
      });
      expect(message).not.toMatch(/undefined|\[object|must NOT|is valid/);
      counts[message === 'accepted' ? 'accepted' : 'refused']++;
    }
    // A test of one outcome only would show nothing.
    expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(100);
  });
});

const KEYS = ['norm', 'epsilons', 'steps', 'start', 'bar', 'mode', 'pair', 'epsilon'] as const;
const VALUES = [
  1,
  0.5,
  -1,
  'L2',
  'fast',
  true,
  null,
  [1, 2],
  [],
  ['a', 1],
  [0],
  { random: false },
  { atLeast: 0.5 },
  {},
];

function randomOptions(random: Rng): object {
  const pick = <T>(list: readonly T[]) => list[random.integer(list.length)];
  const members = Array.from({ length: random.integer(3) }, () => [pick(KEYS), pick(VALUES)] as const);
  return Object.fromEntries([['epsilons', 1], ...members]) as object;
}
