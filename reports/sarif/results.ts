import { digestOfJson } from '#base/digest';
import type { Change, Finding, Measure, Waiver } from '#report/report';
import type { GateRule } from '../gate.js';
import { locationAt } from './location.js';
import type { ArtifactLocation, Kind, Level, Result, Suppression } from './model.js';
import { LEVELS, type Rules } from './rules.js';
import { foreign, message } from './text.js';

const TEXT_LENGTH = 1000;

/** What results have in common: their rules so far, where the config lies, and what the gate says. */
export interface ResultContext {
  readonly rules: Rules;
  readonly config: ArtifactLocation;
  readonly ruleOf: (finding: Finding) => GateRule;
}

export function resultOf(finding: Finding, { rules, config, ruleOf }: ResultContext): Result {
  const { audit, claim, reasons, title, options, place, status } = finding;
  const isDecided = status === 'pass' || status === 'fail';
  return {
    ...rules.of(finding),
    ...verdict(finding, ruleOf(finding).holds),
    message: message(isDecided ? claim : [...new Set([claim, ...reasons])].join(' '), title || audit),
    locations: [locationAt(config, place)],
    // Not the cell's own hash: that one changes with every version of the model, and each audit would come up as new.
    partialFingerprints: { 'assayCell/v1': digestOfJson({ audit, options }) },
    suppressions: suppressionsOf(finding),
    properties: propertiesOf(finding),
  };
}

/** A rule of the gate that belongs to no finding and does not hold. */
export function gateResult({ sentence }: GateRule, { rules, config }: ResultContext): Result {
  return {
    ...rules.gate(),
    kind: 'fail',
    level: 'error',
    message: message(sentence, 'The gate does not pass.'),
    locations: [locationAt(config, null)],
    partialFingerprints: { 'assayGate/v1': digestOfJson(sentence.split(':', 1)) },
    suppressions: [],
    properties: {},
  };
}

/**
 * Services count failures and hide the rest, so what keeps the gate from passing without a measurement (an error, a
 * missing cell, an audit that the config names and that does not apply) fails here too. Only `inconclusive` has a word
 * of its own in the standard: `open`, that the tool could not decide.
 */
function verdict({ status, severity }: Finding, holds: boolean): { readonly kind: Kind; readonly level: Level } {
  const failing = { kind: 'fail', level: 'error' } as const;
  switch (status) {
    case 'pass':
      return holds ? { kind: 'pass', level: 'none' } : failing;
    case 'fail':
      return { kind: 'fail', level: LEVELS[severity] };
    case 'inconclusive':
      return { kind: 'open', level: 'none' };
    case 'not-applicable':
      return holds ? { kind: 'notApplicable', level: 'none' } : failing;
    case 'error':
    case 'not-run':
      return failing;
  }
}

/** Empty and not absent where there is none: the standard wants all results of a run alike (3.27.23). */
function suppressionsOf({ waiver, status }: Finding): readonly Suppression[] {
  if (waiver === null || status === 'pass') return [];
  return [{ kind: 'external', status: 'accepted', justification: justificationOf(waiver) }];
}

function justificationOf({ owner, expires, reason }: Waiver): string {
  const [by, until, because] = [owner, expires, reason].map((text) => foreign(text, TEXT_LENGTH));
  return `Waived until ${until} by ${by}: ${because}`;
}

/**
 * No `baselineState`: it tells whether a result was there in the run before, and the changes of a finding only tell how
 * its rates moved.
 */
function propertiesOf({ cell, area, status, severity, measures, changes, command }: Finding): Result['properties'] {
  return {
    cell,
    area,
    status,
    severity,
    measures: measures.map(measureProperties),
    ...(changes.length === 0 ? {} : { changes: changes.map(changeProperties) }),
    command: foreign(command, TEXT_LENGTH),
  };
}

function measureProperties({ label, value, n, interval, threshold }: Measure): Result['properties'] {
  return {
    label: foreign(label, TEXT_LENGTH),
    value,
    ...(interval === null ? {} : { interval: { ...interval, method: foreign(interval.method, TEXT_LENGTH) } }),
    n,
    ...(threshold === null ? {} : { threshold: { ...threshold, setBy: foreign(threshold.setBy, TEXT_LENGTH) } }),
  };
}

function changeProperties(change: Change): Result['properties'] {
  return { ...change, label: foreign(change.label, TEXT_LENGTH), test: foreign(change.test, TEXT_LENGTH) };
}
