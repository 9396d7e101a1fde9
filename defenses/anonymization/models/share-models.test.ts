import { alphaKModel, betaLikenessModel, deltaDisclosureModel } from './share-models.js';
import { classOf, joined, tableOf } from './testing/classes.js';

const S = { column: 's', missing: 'left-out' } as const;
const OWN = { column: 's', missing: 'own-value' } as const;

/** Shares 1/2, 1/4 and 1/4. */
const TABLE = tableOf(['a', 'a', 'b', 'c'], 'text', [null, 'a', 'b', 'c', 'd']);

describe('(alpha, k)', () => {
  test('asks for both', () => {
    const bound = alphaKModel({ ...S, alpha: 0.5, k: 4 }).bind(TABLE);
    expect(bound.holds(classOf(TABLE, ['a', 'a', 'b', 'c']))).toBe(true);
    expect(bound.holds(classOf(TABLE, ['a', 'b', 'c']))).toBe(false);
    expect(bound.holds(classOf(TABLE, ['a', 'a', 'a', 'c']))).toBe(false);
    expect(bound.measure(classOf(TABLE, ['a', 'a', 'a', 'c']))).toBe(0.75);
  });

  test('takes shares that are alpha in decimals for alpha', () => {
    for (let size = 1; size < 300; size++) {
      for (let count = 1; count <= size; count++) {
        const bound = alphaKModel({ ...S, alpha: Number((count / size).toPrecision(17)), k: 1 }).bind(TABLE);
        const counts = [Int32Array.from([0, count, 0, 0, 0])];
        if (!bound.holds({ size, population: 0, counts })) throw new Error(`${count} of ${size}`);
      }
    }
  });

  test('looks at the known values, or at missing as one of them', () => {
    const table = tableOf(['a', 'b', null, null]);
    const members = classOf(table, ['a', 'b', null, null]);
    expect(
      alphaKModel({ ...S, alpha: 0.5, k: 4 })
        .bind(table)
        .measure(members),
    ).toBe(0.5);
    expect(
      alphaKModel({ ...OWN, alpha: 0.25, k: 4 })
        .bind(table)
        .holds(members),
    ).toBe(false);
    expect(
      alphaKModel({ ...S, alpha: 0.1, k: 2 })
        .bind(table)
        .holds(classOf(table, [null, null])),
    ).toBe(true);
  });
});

describe('beta-likeness', () => {
  const basic = (beta: number) => betaLikenessModel({ ...S, beta, kind: 'basic' }).bind(TABLE);
  const enhanced = (beta: number) => betaLikenessModel({ ...S, beta, kind: 'enhanced' }).bind(TABLE);

  test('bounds (q - p) / p: b of 1/4 in the table and 1/2 in the class gains 1', () => {
    const members = classOf(TABLE, ['a', 'b']);
    expect(basic(1).measure(members)).toBe(1);
    expect(basic(1).holds(members)).toBe(true);
    expect(basic(0.999).holds(members)).toBe(false);
  });

  test('does not mind what becomes rarer, and holds of the table itself', () => {
    expect(basic(1e-9).holds(classOf(TABLE, ['a', 'a', 'b', 'c']))).toBe(true);
    expect(basic(1e-9).measure(classOf(TABLE, ['a', 'a', 'b', 'c']))).toBe(0);
    expect(basic(1).measure(classOf(TABLE, ['a', 'a', 'c', 'c']))).toBe(1);
  });

  test('enhanced bounds a value of half the table by ln 2, where basic lets it fill the class', () => {
    // a gains 1 when the class has nothing else; -ln(1/2) = 0.69.
    const members = classOf(TABLE, ['a']);
    expect(basic(5).holds(members)).toBe(true);
    expect(enhanced(5).holds(members)).toBe(false);
    // b gains (1/2 - 1/4) / (1/4) = 1 < -ln(1/4) = 1.39.
    expect(enhanced(5).holds(classOf(TABLE, ['a', 'b']))).toBe(true);
  });

  test('lets nothing gain that the table lacks', () => {
    const members = classOf(TABLE, ['a', 'a', 'b', 'd']);
    expect(basic(1e12).measure(members)).toBe(Infinity);
    expect(basic(1e12).holds(members)).toBe(false);
    expect(enhanced(1e12).holds(members)).toBe(false);
  });
});

describe('delta-disclosure', () => {
  const bound = (delta: number) => deltaDisclosureModel({ ...S, delta }).bind(TABLE);

  test('looks both ways, and is strict', () => {
    const members = classOf(TABLE, ['a', 'b']);
    expect(bound(1).measure(members)).toBeCloseTo(Math.LN2, 15);
    expect(bound(Math.LN2).holds(members)).toBe(false);
    expect(bound(0.7).holds(members)).toBe(true);
    // a fell from 1/2 to 1/8.
    expect(bound(1).measure(classOf(TABLE, ['a', 'b', 'b', 'b', 'c', 'c', 'c', 'c']))).toBeCloseTo(Math.log(4), 15);
  });

  test('does not look at values that the class lacks, but at those that the table lacks', () => {
    expect(bound(0.7).holds(classOf(TABLE, ['a']))).toBe(true);
    expect(bound(1e9).holds(classOf(TABLE, ['d']))).toBe(false);
  });

  test('is not monotone, and says so', () => {
    const model = deltaDisclosureModel({ ...S, delta: 0.7 });
    const [one, other] = [classOf(TABLE, ['a', 'a', 'a']), classOf(TABLE, ['b', 'c', 'a', 'a'])];
    expect(model.bind(TABLE).holds(one) && model.bind(TABLE).holds(other)).toBe(true);
    expect(model.bind(TABLE).holds(joined(one, other))).toBe(true);
    const thin = joined(joined(one, one), other);
    // b: 1 of 10 against 1/4.
    expect(model.bind(TABLE).holds(thin)).toBe(false);
    expect(model.monotone).toBe(false);
  });
});
