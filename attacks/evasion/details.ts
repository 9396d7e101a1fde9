import type { Pictures, Verdict } from '#plugin/plugin';
import type { CurveDetail, Detail, TableDetail } from '#report/details';
import type { EvasionEvidence } from './evidence.js';
import { rate } from './judge.js';

/** Security curve, gallery and table of an evasion attack. */
export function evasionDetails(data: EvasionEvidence, verdict: Verdict, pictures: Pictures): Detail[] {
  if (data.indices.length === 0) return [];
  return [curveOf(data, verdict), ...galleryOf(data, pictures), tableOf(data)];
}

function curveOf(data: EvasionEvidence, verdict: Verdict): CurveDetail {
  const clean = pointOf(0, data.clean);
  const measured = data.epsilons
    .filter(({ epsilon }) => epsilon > 0)
    .map(({ epsilon, robust }) => pointOf(epsilon, robust));
  const noise = data.epsilons.flatMap(({ epsilon, robustToNoise }) =>
    robustToNoise === null || epsilon === 0 ? [] : [pointOf(epsilon, robustToNoise)],
  );
  const held = verdict.measures.find(({ threshold }) => threshold !== null);
  const bar = held?.threshold ?? null;
  const at = data.epsilons.find(({ epsilon }) => held?.label === `Robust accuracy at epsilon ${epsilon}`)?.epsilon;
  const failed = verdict.signs.filter(({ holds }) => !holds);
  return {
    kind: 'curve',
    title: 'Security curve',
    description: `Share of samples that keep their right answer under ${data.attack}, by the radius of the ${data.norm} ball.`,
    x: { label: 'epsilon', format: 'epsilon' },
    y: { label: 'robust accuracy', format: 'rate' },
    series: [
      { name: data.attack, role: 'measured', points: [clean, ...measured] },
      ...(noise.length === 0
        ? []
        : [{ name: 'random noise', role: 'reference' as const, points: [{ x: 0, y: clean.y }, ...noise] }]),
    ],
    ...(bar === null
      ? {}
      : {
          threshold: { ...(at === undefined ? {} : { x: at }), y: bar.value, label: `asked for by the ${bar.setBy}` },
        }),
    ...(failed.length === 0
      ? {}
      : {
          untrusted: [
            {
              from: 0,
              to: Math.max(...data.epsilons.map(({ epsilon }) => epsilon)),
              because: failed.map(({ sentence }) => sentence).join(' '),
            },
          ],
        }),
  };
}

function pointOf(x: number, bits: readonly number[]): CurveDetail['series'][number]['points'][number] {
  const { value, interval } = rate('', '', bits);
  return { x, y: value, ...(interval === null ? {} : { low: interval.low, high: interval.high }) };
}

function galleryOf(data: EvasionEvidence, { examples }: Pictures): Detail[] {
  if (examples.length === 0) return [];
  return [
    {
      kind: 'image-pairs',
      title: `What ${data.attack} found`,
      chosen:
        'Of the inputs that were kept: the three smallest changes, three at the median, and three drawn by the seed.',
      rows: examples.map((example) => ({ ...example })),
    },
  ];
}

function tableOf(data: EvasionEvidence): TableDetail {
  return {
    kind: 'table',
    title: 'By epsilon',
    columns: [
      { label: 'Epsilon', format: 'epsilon' },
      { label: 'Robust accuracy', format: 'rate' },
      { label: 'Low', unit: '95 %', format: 'rate' },
      { label: 'High', unit: '95 %', format: 'rate' },
      { label: 'n', format: 'count' },
      { label: 'Under noise', format: 'rate' },
      { label: 'Predictions', format: 'count' },
      { label: 'Gradients', format: 'count' },
    ],
    rows: data.epsilons.map(({ epsilon, robust, robustToNoise, queries, gradientQueries }) => {
      const { value, interval, n } = rate('', '', robust);
      return [
        epsilon,
        value,
        interval?.low ?? null,
        interval?.high ?? null,
        n,
        robustToNoise === null ? null : rate('', '', robustToNoise).value,
        total(queries),
        total(gradientQueries),
      ];
    }),
    note: 'A sample that is wrong without an adversary counts as not robust everywhere. Rows through the target, over all samples.',
  };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
