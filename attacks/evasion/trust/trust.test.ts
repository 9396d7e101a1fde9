import { check } from '#config/validate';
import { Detail } from '#report/details';
import { evidenceOf, honestTrust, span } from '../../../test/trust-data.js';
import { trustSigns, trustTable } from './trust.js';

const differing = { ...honestTrust, repeats: { differing: span(3), dependsOnBatch: span(0) } };

describe('the trust verdict', () => {
  test('is one sign where every rule holds', () => {
    expect(trustSigns(evidenceOf(honestTrust))).toEqual([
      {
        id: 'trust',
        holds: true,
        sentence:
          'Whether the attack worked was examined on 100 samples: each of 22 rules that could be decided holds, and 3 did not decide.',
      },
    ]);
  });

  test('counts what did not hold, and gives each name of the target a sign', () => {
    const [overall, ...names] = trustSigns(evidenceOf(differing));
    expect(overall).toEqual({
      id: 'trust',
      holds: false,
      sentence:
        'Whether the attack worked was examined on 100 samples, and 2 rules do not hold (R11, F1). ' +
        'R11: Answers differ from pass to pass, and the attack averages none (`eotDraws`). ' +
        'F1: Scores of 3 of 90 samples (3.3 %) differ from pass to pass; the attack averages no gradients.',
    });
    expect(names).toEqual([
      {
        id: 'randomized-target',
        holds: false,
        sentence:
          'Randomized target. The target draws random numbers while it answers: an attack has to average over them.',
      },
    ]);
  });

  test('repeats three sentences at most, and names all rules', () => {
    const nothing = {
      ...honestTrust,
      base: { ...honestTrust.base, broken: span(0) },
      curve: honestTrust.curve.map((point) => ({ ...point, broken: span(0) })),
      twin: { broken: 0, n: 12, beyond: 1.25 },
    };
    const [{ sentence } = { sentence: '' }] = trustSigns(evidenceOf(nothing));
    expect(sentence).toMatch(/11 rules do not hold \(R1, R2, R3, R5, R6, R7, R9, R13, F4, I4, I6\)/);
    expect(sentence.match(/\b[RFI]\d+: /g)).toEqual(['R1: ', 'R2: ', 'R3: ']);
  });

  test('a name alone takes the trust away, and so does no examination', () => {
    const jumping = { ...honestTrust, landscape: { ...honestTrust.landscape, jumps: span(10) } };
    expect(trustSigns(evidenceOf(jumping)).map(({ id, holds }) => [id, holds])).toEqual([
      ['trust', true],
      ['discontinuous', false],
    ]);
    expect(trustSigns(evidenceOf(null))).toEqual([
      {
        id: 'trust',
        holds: false,
        sentence: 'It was not examined whether the attack worked: `trust.samples` is 0.',
      },
    ]);
    expect(trustSigns(evidenceOf(undefined))).toEqual([]);
  });
});

describe('the table', () => {
  test('has a row for each name, rule, flag and indicator', () => {
    const [table, ...others] = trustTable(evidenceOf(differing));
    expect(others).toEqual([]);
    expect(table?.rows).toHaveLength(8 + 13 + 6 + 6);
    const rowOf = (id: string) => table?.rows.find((row) => row[0] === id);
    expect(rowOf('R11')?.slice(0, 3)).toEqual([
      'R11',
      'Randomness is averaged, and what has no derivative is gone around',
      'no',
    ]);
    expect(rowOf('R12')?.slice(2)).toEqual([
      'not decided',
      'Right under Gaussian noise, by its deviation as a share of the range: 100.0 % at 0.0625, 88.9 % at 0.125, 77.8 % at 0.25, 66.7 % at 0.5. Rotations, translations and corruptions were not run.',
    ]);
    expect(rowOf('F2')?.[2]).toBe('yes');
    expect(rowOf('randomized-target')?.slice(1, 3)).toEqual(['No sign of: randomized target', 'no']);
    expect(table?.note).toMatch(
      /^At epsilon 0\.1, on 100 samples drawn by seed and stratified by label, of which 90 are right without an adversary\. /,
    );
  });

  test('is a detail that a report can hold, with a sentence in each row', () => {
    for (const detail of trustTable(evidenceOf(honestTrust))) {
      expect(check(Detail, detail, { code: 'plugin', file: 'details', path: [] })).toEqual(detail);
      const sentences = detail.rows.map((row) => String(row.at(-1)));
      expect(sentences.filter((sentence) => !/\S\.$/.test(sentence))).toEqual([]);
    }
  });

  test('is none where nothing was examined', () => {
    expect(trustTable(evidenceOf(null))).toEqual([]);
    expect(trustTable(evidenceOf(undefined))).toEqual([]);
  });
});
