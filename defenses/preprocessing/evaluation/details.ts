import type { CurveDetail, Detail, TableDetail } from '#report/details';
import { countOf, countOnly, type Bits, type EpsilonStanding, type PreprocessingData } from './data.js';
import { rateOf, UNAWARE } from './judge.js';

/** A curve by epsilon, the numbers behind it, and of a detector what it flags. */
export function preprocessingDetails(data: PreprocessingData): Detail[] {
  if (data.indices.length === 0) return [];
  return [curveOf(data), standingTable(data), ...detectorTable(data)];
}

function curveOf(data: PreprocessingData): CurveDetail {
  const series = (
    name: string,
    role: 'measured' | 'reference',
    clean: Bits,
    bits: (at: EpsilonStanding) => Bits,
  ): CurveDetail['series'][number] => ({
    ...{ name, role },
    points: [pointAt(0, clean), ...data.epsilons.map((at) => pointAt(at.epsilon, bits(at)))],
  });
  return {
    kind: 'curve',
    title: 'With and without the defense',
    description:
      `Share of samples that are right and stay right, by ${data.norm} epsilon; at epsilon 0, without an adversary. The ` +
      'dashed line of replayed inputs is no evidence: whoever made them did not know the defense.',
    x: { label: 'epsilon', format: 'epsilon' },
    y: { label: 'robust accuracy', format: 'rate' },
    series: [
      series('known to the adversary', 'measured', data.cleanDefended, (at) => at.adaptive),
      series('no defense', 'measured', data.cleanBare, (at) => at.bare),
      series('unknown: no evidence', 'reference', data.cleanDefended, (at) => at.unaware),
    ],
  };
}

function pointAt(x: number, bits: Bits): CurveDetail['series'][number]['points'][number] {
  const { value, interval } = rateOf(bits, '', '');
  return { x, y: value, low: interval.low, high: interval.high };
}

function standingTable(data: PreprocessingData): TableDetail {
  const { cleanBare, cleanDefended, surrogates } = data;
  const rowOf = (name: string, epsilon: number, bits: Bits): TableDetail['rows'][number] => {
    const { value, interval } = rateOf(bits, '', '');
    return [name, epsilon, countOf(bits), value, interval.low, interval.high, bits.length];
  };
  return {
    kind: 'table',
    title: 'Three adversaries',
    columns: [
      { label: 'Model and adversary', format: 'text' },
      { label: 'Epsilon', format: 'epsilon' },
      { label: 'Right', format: 'count' },
      { label: 'Share', format: 'rate' },
      { label: 'Low', unit: '95 %', format: 'rate' },
      { label: 'High', unit: '95 %', format: 'rate' },
      { label: 'n', format: 'count' },
    ],
    rows: [
      rowOf('Without the defense, no adversary', 0, cleanBare),
      rowOf('With the defense, no adversary', 0, cleanDefended),
      ...data.epsilons.flatMap((at) => [
        rowOf('Without the defense', at.epsilon, at.bare),
        rowOf('With the defense, adversary knows it', at.epsilon, at.adaptive),
        rowOf(`With the defense, inputs replayed (${UNAWARE})`, at.epsilon, at.unaware),
      ]),
    ],
    note:
      `The adversary who knows the defense goes forward through it and back through it as ${surrogates.join(' and as ')} ` +
      '(backward pass differentiable approximation, Athalye et al. 2018), asks without gradients for what is left, and replays ' +
      'what breaks the bare model; a sample falls to any of them.',
  };
}

function detectorTable({ detector, epsilons, cleanBare }: PreprocessingData): TableDetail[] {
  if (detector === null) return [];
  const { threshold, falsePositiveRate, calibratedOn, cleanFlagged } = detector;
  const rowOf = (name: string, epsilon: number, flagged: number, n: number): TableDetail['rows'][number] => [
    ...[name, epsilon, flagged, n === 0 ? null : flagged / n, n],
  ];
  return [
    {
      kind: 'table',
      title: 'What the detector flags',
      columns: [
        { label: 'Inputs', format: 'text' },
        { label: 'Epsilon', format: 'epsilon' },
        { label: 'Flagged', format: 'count' },
        { label: 'Share', format: 'rate' },
        { label: 'n', format: 'count' },
      ],
      rows: [
        rowOf('Clean', 0, countOf(cleanFlagged), cleanFlagged.length),
        ...epsilons.map(({ epsilon, bare, replayFlagged }) =>
          rowOf(`Broke the bare model (${UNAWARE})`, epsilon, countOf(replayFlagged), countOnly(cleanBare, bare)),
        ),
      ],
      note:
        `Flagged are scores above ${threshold.toPrecision(4)}, which ${(100 * falsePositiveRate).toFixed(1)} % of ` +
        `${calibratedOn} clean samples exceed that are in none of these numbers.`,
    },
  ];
}
