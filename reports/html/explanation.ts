import type { ExplanationRecord } from '#report/explanation';
import { wordsOf } from './language/languages.js';
import { renderedExplanation, renderedModelExplanation } from './templates.js';
import { explanationView } from './view/explain.js';
import { modelView } from './view/explain-model.js';

export interface ExplanationPageInput {
  readonly record: ExplanationRecord;
  /** A file below the folder of the explanation; null where there is none. */
  readonly readFile: (path: string) => Uint8Array | null;
}

/** The page of an explanation: one file without scripts, for a screen, a phone or paper. */
export function explanationPage({ record, readFile }: ExplanationPageInput): string {
  const { decision } = record;
  if (decision === null) return renderedModelExplanation(modelView(record), wordsOf('en'));
  return renderedExplanation(explanationView(record, decision, readFile), wordsOf('en'));
}
