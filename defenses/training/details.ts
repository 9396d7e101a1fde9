import type { CurveDetail, Detail } from '#report/details';
import type { EpochRecord } from './loop/progress.js';
import type { HardeningEvidence } from './judge.js';

/** The curve of the epochs, what each of them came to, and the recipe; before and after are the verdict's measures. */
export function hardeningDetails(data: HardeningEvidence): Detail[] {
  return [
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
      note:
        'Epoch 0 is the model as it came; the loss is that of the recipe, taken before each step. Before and after are measured by ' +
        `${data.evaluation} on the same test samples. The hardened file lies with the evidence.`,
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
