import { join } from 'node:path';
import type { Measure } from '#report/report';
import { clip, visible } from '#reports/format';
import { measureCells } from '#reports/measure';
import type { Judgement } from './audit.js';
import { PLAIN, type Paint } from './paint.js';

/** The most that one sentence of a plugin takes of a terminal. */
const LONGEST = 2000;

/** What a failing test says: the number against its bar, why, and where a counterexample lies. */
export function findingText(finding: Judgement, folder: string | null, paint: Paint = PLAIN): string {
  const { measures, reasons, signs } = finding;
  const picture = folder === null ? null : counterexampleOf(finding);
  return [
    headline(finding),
    ...measures.flatMap((measure) => measureLines(measure, paint)).map(indented),
    ...reasons.map(shown).map(indented),
    ...signs.filter(({ holds }) => !holds).map(({ sentence }) => indented(shown(sentence))),
    ...(picture === null || folder === null ? [] : [indented(`Counterexample: ${join(folder, picture)}`)]),
  ].join('\n');
}

/** Sentences of models, data and plugins as they may stand in a terminal. */
export function shown(text: string): string {
  return clip(visible(text), LONGEST);
}

/** The first picture of a changed input among a finding's details, relative to the run folder. */
function counterexampleOf({ details }: Judgement): string | null {
  const rows = details.flatMap((detail) => (detail.kind === 'image-pairs' ? detail.rows : []));
  return rows.find(({ adversarial }) => adversarial !== null)?.adversarial?.file ?? null;
}

/** A claim says itself that it holds or not; any other verdict is named. */
function headline({ audit, status, claim }: Judgement): string {
  const isDecided = status === 'pass' || status === 'fail';
  return isDecided ? shown(claim) : `${shown(audit)} (${status}): ${shown(claim)}`;
}

function measureLines(measure: Measure, paint: Paint): string[] {
  const { label, value, interval, n, threshold, setBy } = measureCells(measure, 'plain');
  const found = [
    value ?? 'not measured',
    ...(interval === null ? [] : [`95 % interval ${interval}`]),
    ...(n === null ? [] : [`n = ${n}`]),
  ].join(', ');
  if (threshold === null) return [`${shown(label)}: ${found}`];
  return [
    `Expected: ${paint.expected(`${shown(label)} ${threshold}`)} (${shown(setBy ?? '')})`,
    `Received: ${paint.received(found)}`,
  ];
}

/** A line below a headline. */
export function indented(line: string): string {
  return `  ${line.replaceAll('\n', '\n  ')}`;
}
