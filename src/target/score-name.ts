import { AssayError } from '#base/errors';
import { closest } from '#config/closest';
import { scoreWidth, type Head } from './head.js';

/** Whose words an error uses. */
export interface SaidAt {
  readonly where: string;
  /** What may be said beside labels and indices, such as `predicted`. */
  readonly others: readonly string[];
}

/**
 * The index of the score that a label or an index names. Of a binary head it is 0, whatever the label.
 *
 * @throws AssayError `usage` naming the closest label
 */
export function scoreNamed(said: string, head: Head, labels: readonly string[] | null, at: SaidAt): number {
  const count = scoreWidth(head);
  const named = head.kind === 'binary' ? -1 : (labels?.indexOf(said) ?? -1);
  if (named !== -1 && named < count) return named;
  if (/^\d+$/.test(said) && Number(said) < count) return Number(said);
  const meant = labels === null ? null : closest(said, labels);
  const others = at.others.map((other) => `\`${other}\`, `).join('');
  throw new AssayError('usage', {
    where: at.where,
    what: `the model has no such score${meant === null ? '' : `; the closest label is ${JSON.stringify(meant)}`}`,
    mend:
      count === 1 ? 'It has one score, 0.' : `It is ${others}the name of a label, or an index from 0 to ${count - 1}.`,
  });
}
