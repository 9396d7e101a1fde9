import type { Status, Tone } from '#reports/status';
import type { Colors } from '../io.js';

/** `✕ failed` in its colour. */
export function painted({ shape, word, tone }: Status, colors: Colors): string {
  return paint(tone, colors)(`${shape} ${word}`);
}

function paint(tone: Tone, colors: Colors): (text: string) => string {
  switch (tone) {
    case 'passed':
      return colors.green;
    case 'failed':
      return colors.red;
    case 'inconclusive':
      return colors.yellow;
    case 'waived':
      return colors.magenta;
    case 'muted':
      return colors.gray;
  }
}
