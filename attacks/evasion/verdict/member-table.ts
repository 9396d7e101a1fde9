import { countBits, type EvasionData } from '../evidence/data.js';
import type { TableDetail } from '#report/details';
import { robustBits } from './judge.js';

/** What each attack of an ensemble left standing; none for a single attack. */
export function memberTable(data: EvasionData): TableDetail[] {
  const { members, epsilons, n } = data;
  if (members === undefined) return [];
  return [
    {
      kind: 'table',
      title: 'By attack',
      columns: [
        { label: 'Epsilon', format: 'epsilon' },
        { label: 'Attack', format: 'text' },
        { label: 'Newly broken', format: 'count' },
        { label: 'Robust accuracy after it', format: 'rate' },
        { label: 'n', format: 'count' },
      ],
      rows: epsilons
        .filter(({ epsilon }) => epsilon > 0)
        .flatMap((at) => {
          const ends = countBits(robustBits(data, at));
          const counts = members.map((member) => newlyBrokenBy(at, member));
          return members.map((member, i) => {
            const later = counts.slice(i + 1).reduce((sum, count) => sum + count, 0);
            return [at.epsilon, member, counts[i] ?? 0, (ends + countBits(at.brokenByNoise) + later) / n, n];
          });
        }),
      note:
        'In the order in which they ran, each on what those before it left standing; at a larger epsilon only what stood at ' +
        'the smaller ones is attacked again.',
    },
  ];
}

function newlyBrokenBy({ by = [], carried }: EvasionData['epsilons'][number], member: string): number {
  return by.filter((name, i) => name === member && carried[i] !== '1').length;
}
