import type { Verdict } from '#plugin/plugin';
import type { Detail } from '#report/details';
import type { HardeningEvidence } from './judge.js';

/** Before and after as a table, and the loss by epoch. */
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
      note: 'Both models are measured by the same PGD on the same test samples; the hardened file lies with the evidence.',
    },
    {
      kind: 'table',
      title: 'Training loss',
      columns: [
        { label: 'Epoch', format: 'count' },
        { label: 'Mean loss on perturbed samples', format: 'number' },
      ],
      rows: data.losses.map((loss, i) => [i + 1, loss]),
    },
  ];
}
