import type { Finding, Measure, Waiver } from '#report/report';
import type { EpsilonUnits } from '../format.js';
import type { GateRule } from '../gate.js';
import { leadMeasure, measureCells, type MeasureCells } from '../measure.js';
import { statusOf } from '../status.js';
import { attribute, body } from './text.js';

/** One test as JUnit has it. */
export interface TestCase {
  readonly name: string;
  readonly classname: string;
  readonly milliseconds: number;
  readonly file: string;
  readonly line: number | null;
  /** Null where it passed. */
  readonly outcome: Outcome | null;
  /** The numbers, one a line; empty where there are none. */
  readonly output: string;
}

export interface Outcome {
  readonly element: 'failure' | 'error' | 'skipped';
  readonly type: string;
  readonly message: string;
  readonly body: string;
}

/** What the cases of one report have in common. */
export interface CaseContext {
  readonly ruleOf: (finding: Finding) => GateRule;
  readonly millisecondsOf: (finding: Finding) => number;
  readonly nameOf: (finding: Finding) => string;
  readonly file: string;
  readonly units: EpsilonUnits;
}

export function caseOf(finding: Finding, context: CaseContext): TestCase {
  const { ruleOf, millisecondsOf, nameOf, file, units } = context;
  const { area, place, measures } = finding;
  return {
    name: nameOf(finding),
    classname: `assay.${area}`,
    milliseconds: millisecondsOf(finding),
    file: attribute(file),
    line: place === null ? null : Math.max(1, place.line),
    outcome: outcomeOf(finding, ruleOf(finding), units),
    output: body(measures.map((measure) => measureLine(measure, units)).join('\n')),
  };
}

/** A rule of the gate that belongs to no finding. */
export function gateCase({ holds, sentence }: GateRule, name: string, file: string): TestCase {
  const failed: Outcome = { element: 'error', type: 'gate', message: attribute(sentence), body: body(sentence) };
  const waived: Outcome = { element: 'skipped', type: 'waived', message: attribute(sentence), body: '' };
  const outcome = holds ? waived : failed;
  return { name, classname: 'assay.gate', milliseconds: 0, file: attribute(file), line: null, outcome, output: '' };
}

/**
 * Where the gate's rule does not hold, the test does not pass: many services take `skipped` for green, so it is left to
 * what the gate lets through without a pass. A measured miss is a `failure`; all else that stops the gate is an `error`.
 */
function outcomeOf(finding: Finding, { holds, sentence }: GateRule, units: EpsilonUnits): Outcome | null {
  const { status, claim, waiver } = finding;
  if (!holds) {
    const element = status === 'fail' ? 'failure' : 'error';
    return {
      element,
      type: statusOf(finding).word,
      message: attribute(claim),
      body: body(explanation(finding, units)),
    };
  }
  if (status === 'pass') return null;
  const message = attribute(waiver === null ? sentence : waiverSentence(waiver));
  return { element: 'skipped', type: statusOf(finding).word, message, body: '' };
}

/** GitLab shows the body alone, so it says everything. */
function explanation(finding: Finding, units: EpsilonUnits): string {
  const { claim, reasons, advice, command } = finding;
  const lead = leadMeasure(finding);
  return [
    claim,
    ...(lead === null ? [] : expectation(measureCells(lead, units))),
    ...reasons,
    '',
    advice,
    `Repeat it: ${command}`,
  ].join('\n');
}

function expectation({ label, value, interval, n, threshold, setBy, compared }: MeasureCells): readonly string[] {
  if (threshold === null) return [];
  const numbers = [value ?? 'not measured', ...details({ interval, n })].join(', ');
  return [
    `Expected: ${label} ${threshold} (${setBy ?? 'unknown'})`,
    `Found: ${numbers}; compared with the bar: ${compared ?? 'nothing'}`,
  ];
}

function measureLine(measure: Measure, units: EpsilonUnits): string {
  const cells = measureCells(measure, units);
  const { label, value, threshold, setBy, holds } = cells;
  const bar = threshold === null ? [] : [`${threshold} (${setBy ?? 'unknown'}) ${holds ? 'holds' : 'does not hold'}`];
  const line = `${label}: ${[value ?? 'not measured', ...details(cells), ...bar].join(', ')}`;
  return line.replaceAll('\n', ' ');
}

function details({ interval, n }: Pick<MeasureCells, 'interval' | 'n'>): readonly string[] {
  return [...(interval === null ? [] : [`95 % interval ${interval}`]), ...(n === null ? [] : [`n ${n}`])];
}

function waiverSentence({ expires, owner, reason }: Waiver): string {
  return `Waived until ${expires} by ${owner}: ${reason}`;
}
