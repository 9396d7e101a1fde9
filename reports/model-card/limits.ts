import type { Report } from '#report/report';
import { verdictOf } from '../status.js';

/** What keeps a report from saying more than it says. */

export interface Limits {
  /** In front of each sentence: `Not tested`. */
  readonly kind: string;
  /** As the report has them: not escaped, not cut. */
  readonly sentences: readonly string[];
}

/** In the order in which they matter to a reader, without the kinds that there is nothing of. */
export function limitsOf({ target, findings, notTested }: Report): Limits[] {
  const checks = (holds: boolean | null) =>
    (target?.checks ?? []).filter((check) => check.holds === holds).map(({ id, sentence }) => `${id}: ${sentence}`);
  const all: Limits[] = [
    { kind: 'Not tested', sentences: notTested.map(({ what, because }) => `${what}: ${because}`) },
    { kind: 'Check of the model that does not hold', sentences: checks(false) },
    { kind: 'Check of the model that could not be told', sentences: checks(null) },
    {
      kind: 'Sign that does not hold',
      sentences: findings.flatMap(({ audit, signs }) =>
        signs.filter(({ holds }) => !holds).map(({ sentence }) => `${audit}: ${sentence}`),
      ),
    },
    {
      kind: 'Waived',
      sentences: findings.flatMap((finding) => {
        const { audit, waiver } = finding;
        if (waiver === null) return [];
        return [
          `${audit} (${verdictOf(finding).word}): ${waiver.reason} Owner: ${waiver.owner}; until ${waiver.expires}.`,
        ];
      }),
    },
    {
      kind: 'Not open to the audit',
      sentences: (target?.missing ?? []).map(({ capability, because }) => `${capability}: ${because}`),
    },
    { kind: 'How the model was executed', sentences: target?.notes ?? [] },
  ];
  return all.filter(({ sentences }) => sentences.length > 0);
}
