import { Type } from '@sinclair/typebox';
import { messageOf } from '#base/errors';
import type { Json } from '#base/json';
import type { JudgePolicy, Pictures, Plugin, Verdict, VerdictStatus } from '#plugin/plugin';
import { Detail } from '#report/details';
import { Measure, Sign } from '#report/report';
import { checker } from './records.js';

/** A verdict that is one of the five, with how its evidence is shown. */
export interface Judged {
  readonly verdict: Verdict;
  readonly details: readonly Detail[];
}

const STATUSES: readonly VerdictStatus[] = ['pass', 'fail', 'inconclusive', 'not-applicable', 'error'];

const checkVerdict = checker(
  Type.Object({
    status: Type.Unsafe<VerdictStatus>({ type: 'string', enum: [...STATUSES] }),
    claim: Type.String({ minLength: 1 }),
    reasons: Type.Array(Type.String()),
    measures: Type.Array(Measure),
    signs: Type.Array(Sign),
  }),
);
const checkDetails = checker(Type.Array(Detail));

/**
 * Asks a plugin for its verdict on evidence, and believes a `pass` only when it is one: a number against a bar that
 * holds, from enough samples, with every sign that the measurement can be trusted. A judge that throws or answers
 * nonsense, NaN included, gives `error`.
 */
export function askPlugin(
  plugin: Plugin,
  data: Json,
  policy: JudgePolicy<Readonly<Record<string, unknown>>>,
  pictures: Pictures,
): Judged {
  let answer: unknown;
  try {
    answer = plugin.judge(data, policy);
  } catch (thrown) {
    return failed(`The judge of ${plugin.id} failed: ${messageOf(thrown)}`);
  }
  const checked = checkVerdict(answer);
  if (!('value' in checked)) return failed(`The judge of ${plugin.id} gave no valid verdict: ${checked.problem}`);
  const verdict = doubted(checked.value, policy.minimumSamples);
  return withDetails(plugin, data, verdict, pictures);
}

/** A verdict without evidence. */
export function errorVerdict(sentence: string): Verdict {
  return { status: 'error', claim: sentence, reasons: [], measures: [], signs: [] };
}

function withDetails(plugin: Plugin, data: Json, verdict: Verdict, pictures: Pictures): Judged {
  let answer: unknown;
  try {
    answer = plugin.details(data, verdict, pictures);
  } catch (thrown) {
    return { verdict: unshown(verdict, messageOf(thrown)), details: [] };
  }
  const checked = checkDetails(answer);
  return 'value' in checked
    ? { verdict, details: checked.value }
    : { verdict: unshown(verdict, checked.problem), details: [] };
}

/** Evidence that cannot be shown cannot be read by who signs: no pass. A fail stays one. */
function unshown(verdict: Verdict, problem: string): Verdict {
  const because = `The evidence could not be shown: ${problem}`;
  const status = verdict.status === 'fail' ? 'fail' : 'error';
  return { ...verdict, status, reasons: [...verdict.reasons, because] };
}

function doubted(verdict: Verdict, minimumSamples: number): Verdict {
  const doubts = verdict.status === 'pass' ? doubtsOf(verdict, minimumSamples) : [];
  return doubts.length === 0
    ? verdict
    : { ...verdict, status: 'inconclusive', reasons: [...verdict.reasons, ...doubts] };
}

function doubtsOf(verdict: Verdict, minimumSamples: number): readonly string[] {
  const held = verdict.measures.filter(({ threshold }) => threshold !== null);
  return [
    ...(held.length === 0 ? ['No number was held against a bar.'] : []),
    ...held.flatMap(({ label, value, n, threshold }) => [
      ...(value === null ? [`There is no number for ${label}.`] : []),
      ...(threshold !== null && !reaches(threshold) ? [`${label} misses its bar.`] : []),
      ...(n !== null && n < minimumSamples
        ? [`${label} comes from ${n} samples; the policy asks for ${minimumSamples}.`]
        : []),
    ]),
    ...verdict.signs.filter(({ holds }) => !holds).map(({ sentence }) => sentence),
  ];
}

/** A bar is reached when the plugin says so and the numbers do. */
function reaches({ comparison, value, compared, holds }: NonNullable<Measure['threshold']>): boolean {
  return holds && (comparison === 'at-least' ? compared >= value : compared <= value);
}

function failed(sentence: string): Judged {
  return { verdict: errorVerdict(`${sentence.replace(/\.$/, '')}.`), details: [] };
}
