import type { Target } from '#target/target';

/** What a target decided about one score, as a sentence goes on after `the model`. */
export function decisionWords(
  { head, labels }: Pick<Target, 'head' | 'labels'>,
  holds: boolean,
  score: number,
): string {
  const name = labels?.[score] ?? `${score}`;
  switch (head.kind) {
    case 'classes':
      return holds ? `says \`${name}\`` : `does not say \`${name}\``;
    case 'binary':
      return `says \`${labels?.[holds ? 1 : 0] ?? (holds ? 1 : 0)}\``;
    case 'multi-label':
      return holds ? `finds \`${name}\`` : `does not find \`${name}\``;
    default:
      return `stays within ${head.kind === 'regression' ? head.tolerance : 0} of its value of \`${name}\``;
  }
}
