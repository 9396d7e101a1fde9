import { rmSync } from 'node:fs';
import { AssayError, messageOf } from '#base/errors';
import type { Judgement } from './audit.js';
import { findingText, shown } from './message.js';
import { hintOf, paintOf, type Call, type MatcherContext, type Paint } from './paint.js';
import { recordedIn, type Recorded } from './recorded.js';

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** `undecided` fails a test, and its negation too. */
interface Answer {
  readonly verdict: 'pass' | 'fail' | 'undecided';
  readonly text: (paint: Paint) => string;
}

/** What of a run a matcher looks at. */
export interface Found {
  readonly findings: readonly Judgement[];
  readonly folder: string | null;
}

/** What a matcher does with what it received. */
export interface Question {
  readonly matcher: string;
  /** The first argument, as the message shows it. */
  readonly expected: () => string;
  readonly hasOptions: boolean;
  /** What was found before the test. */
  readonly look: (recorded: Recorded) => Found;
  /** Anything else: an audit is run. */
  readonly run: () => Promise<Found>;
}

/**
 * The one way from what a matcher received to what jest is told: at once for reports and findings, else after an audit.
 * Passes only on the verdict `pass`; its negation only on the verdict `fail`.
 */
export function answered(
  context: MatcherContext,
  received: unknown,
  question: Question,
): MatcherResult | Promise<MatcherResult> {
  let recorded: Recorded | null;
  try {
    recorded = recordedIn(received);
  } catch (thrown) {
    return resultOf(context, callOf(question, 'report', false), refused(thrown));
  }
  if (recorded !== null) {
    return resultOf(context, callOf(question, recorded.kind, false), looked(question, recorded));
  }
  // Inside of an expected value nothing can be waited for, and what is not an answer would pass when negated.
  if (!('promise' in context)) return resultOf(context, callOf(question, 'value', false), notThere(question));
  return ran(context, question);
}

async function ran(context: MatcherContext, question: Question): Promise<MatcherResult> {
  const call = callOf(question, 'target', true);
  try {
    const found = await question.run();
    const result = resultOf(context, call, answerOf(found));
    if (result.pass !== (context.isNot ?? false)) removed(found);
    return result;
  } catch (thrown) {
    return resultOf(context, call, refused(thrown));
  }
}

/** Nobody reads what a passing test leaves. */
function removed({ folder }: Found): void {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
}

function looked(question: Question, recorded: Recorded): Answer {
  try {
    return answerOf(question.look(recorded));
  } catch (thrown) {
    return refused(thrown);
  }
}

function answerOf({ findings, folder }: Found): Answer {
  const verdict = verdictOn(findings);
  const decisive = findings.filter(({ status }) => verdict === 'pass' || status !== 'pass');
  return { verdict, text: (paint) => decisive.map((each) => findingText(each, folder, paint)).join('\n\n') };
}

function verdictOn(findings: readonly Judgement[]): Answer['verdict'] {
  if (findings.some(({ status }) => status === 'fail')) return 'fail';
  return findings.length > 0 && findings.every(({ status }) => status === 'pass') ? 'pass' : 'undecided';
}

/** What Assay says on purpose is the answer; anything else is a defect, and no negation hides it. */
function refused(thrown: unknown): Answer {
  if (!(thrown instanceof AssayError)) throw thrown;
  return { verdict: 'undecided', text: () => shown(messageOf(thrown)) };
}

function notThere({ matcher }: Question): Answer {
  const text = `\`expect.${matcher}\` stands for a report, the result of \`audit()\` or a finding, and this is none.`;
  return { verdict: 'undecided', text: () => text };
}

function resultOf(context: MatcherContext, call: Call, { verdict, text }: Answer): MatcherResult {
  const pass = verdict === 'pass' || (verdict === 'undecided' && (context.isNot ?? false));
  return { pass, message: () => `${hintOf(context, call)}\n\n${text(paintOf(context))}` };
}

function callOf({ matcher, expected, hasOptions }: Question, received: string, awaited: boolean): Call {
  return { matcher, received, expected: expected(), options: hasOptions ? 'options' : '', awaited };
}
