import type { Verdict } from '#plugin/plugin';
import type { CurveDetail, Detail } from '#report/details';
import type { EpochRecord } from './loop/progress.js';
import type { HardeningEvidence } from './judge.js';

/** Before and after as a table, the curve of the epochs, and what each of them came to. */
export function hardeningDetails(data: HardeningEvidence, verdict: Verdict): Detail[] {
  return [
    {
      kind: 'table',
      title: 'Before and after hardening',
      columns: [
        { label: 'Measure', format: 'text' },
        { label: 'Value', format: 'rate' },
        { label: 'Low', unit: '95 %', format: 'rate' },
        { label: 'High', unit: '95 %', format: 'rate' },
        { label: 'n', format: 'count' },
      ],
      rows: verdict.measures.map(({ label, value, interval, n }) => [
        label,
        value,
        interval?.low ?? null,
        interval?.high ?? null,
        n,
      ]),
      note: `Both models are measured by ${data.evaluation} on the same test samples; the hardened file lies with the evidence.`,
    },
    ...(data.validated === 0 ? [] : [curveOf(data)]),
    {
      kind: 'table',
      title: 'Training by epoch',
      columns: [
        { label: 'Epoch', format: 'count' },
        { label: 'Mean loss', format: 'number' },
        { label: 'Largest gradient norm', format: 'number' },
        { label: 'Clean accuracy', unit: 'held out', format: 'rate' },
        { label: 'Robust accuracy', unit: 'held out', format: 'rate' },
      ],
      rows: data.epochs.map(({ epoch, loss, gradientNorm, cleanAccuracy, robustAccuracy }) => [
        ...[epoch, loss, gradientNorm, cleanAccuracy, robustAccuracy],
      ]),
      note: 'Epoch 0 is the model as it came. The loss is that of the recipe, taken before each step.',
    },
    recipeTable(data),
  ];
}

function curveOf({ epochs, recipe, validated }: HardeningEvidence): CurveDetail {
  const points = (of: (record: EpochRecord) => number | null) =>
    epochs.flatMap((record) => {
      const y = of(record);
      return y === null ? [] : [{ x: record.epoch, y }];
    });
  return {
    kind: 'curve',
    title: 'Accuracy by epoch',
    description:
      `Share of the ${validated} samples held out that the model gets right, and keeps right under PGD-${recipe.validation.steps} ` +
      `at ${recipe.norm} epsilon ${recipe.epsilon}.`,
    x: { label: 'epoch', format: 'count' },
    y: { label: 'accuracy', format: 'rate' },
    series: [
      { name: 'robust', role: 'measured', points: points(({ robustAccuracy }) => robustAccuracy) },
      { name: 'clean', role: 'reference', points: points(({ cleanAccuracy }) => cleanAccuracy) },
    ],
  };
}

/** Everything that decided the weights, beside the model, the data and the seed. */
function recipeTable({ recipe }: HardeningEvidence): Detail {
  return {
    kind: 'table',
    title: 'Recipe',
    columns: [
      { label: 'Option', format: 'text' },
      { label: 'Value', format: 'text' },
    ],
    rows: Object.entries(recipe).map(([option, value]) => [
      option,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  };
}
