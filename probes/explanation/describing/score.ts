import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Target } from '#target/target';

/** Of two classes the second, of more the one that is said most often; of other heads the first score. */
export async function describedScore(target: Target, inputs: Tensor): Promise<number> {
  const { head } = target;
  if (head.kind !== 'classes') return 0;
  if (head.count === 2) return 1;
  const scores = await target.predict(inputs);
  const counts = new Int32Array(head.count);
  for (let i = 0; i < rowsOf(inputs); i++) {
    const own = row(scores, i);
    const said = own.indexOf(own.reduce((a, b) => Math.max(a, b), -Infinity));
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0));
}

/** The label that a score speaks for; its index where there are no names. */
export function labelOf({ head, labels }: Target, score: number): string {
  return labels?.[head.kind === 'binary' ? 1 : score] ?? `${head.kind === 'binary' ? 1 : score}`;
}
