import { digestOfJson, type Digest } from '#base/digest';
import type { Json } from '#base/json';
import type { LoadedPolicy } from '#config/loaded';
import { checkThresholds } from '#config/policy';
import type { JudgePolicy, Pictures, Plugin, Verdict } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { Detail } from '#report/details';
import type { Finding, FindingStatus } from '#report/report';
import { withOnly } from './command.js';
import type { Cell } from './types.js';
import { askPlugin, errorVerdict } from './verdicts.js';
import { waiverFields } from './waivers.js';

/** What became of a cell that was to run, as it was read back from disk. */
export type CellState =
  | { readonly kind: 'evidence'; readonly data: Json; readonly pictures: Pictures }
  | { readonly kind: 'error' | 'inconclusive'; readonly sentence: string };

export interface JudgeInput {
  readonly cells: readonly Cell[];
  /** By cell id; a cell that was to run and is not in it is missing. */
  readonly states: ReadonlyMap<Digest, CellState>;
  readonly registry: Registry;
  readonly policy: LoadedPolicy;
  /** YYYY-MM-DD, by which waivers expire. */
  readonly today: string;
  /** The command that repeats the run. */
  readonly command: string;
}

/**
 * Evidence and policy become findings: one for each cell, in the order of the plan, and one for each audit that the
 * policy names and the plan lacks. Pure: the same evidence, policy and day give the same findings.
 *
 * @throws AssayError `policy` where a threshold names no plugin or does not fit it
 */
export function judgeCells(input: JudgeInput): readonly Finding[] {
  const thresholds = checkThresholds(input.policy, input.registry.plugins);
  const planned = new Set(input.cells.map(({ audit }) => audit));
  const absent = Object.keys(input.policy.policy.audits).filter((audit) => !planned.has(audit));
  return [
    ...input.cells.map((cell) => findingOf(cell, rulingOn(cell, thresholds, input), input)),
    ...absent.map((audit) => notPlanned(audit, input)),
  ];
}

type Thresholds = Readonly<Record<string, unknown>>;

interface Ruling {
  readonly status: FindingStatus;
  readonly verdict: Omit<Verdict, 'status'>;
  readonly details: readonly Detail[];
}

function rulingOn(cell: Cell, thresholds: ReadonlyMap<string, Thresholds>, input: JudgeInput): Ruling {
  if (cell.fate.kind !== 'run') return withoutEvidence(cell.fate.kind, cell.fate.because);
  const plugin = input.registry.plugins.get(cell.audit);
  if (plugin === undefined) {
    return withoutEvidence('error', 'The plugin is not loaded, so its evidence cannot be judged.');
  }
  const state = input.states.get(cell.id);
  if (state === undefined) return withoutEvidence('not-run', 'It was planned, and the run did not come to it.');
  if (state.kind !== 'evidence') return withoutEvidence(state.kind, state.sentence);
  const policy = policyFor(plugin, thresholds.get(plugin.id) ?? {}, input.policy);
  if (policy === null) return withoutEvidence('error', noPreset(plugin, input.policy));
  const { verdict, details } = askPlugin(plugin, state.data, policy, state.pictures);
  return { status: verdict.status, verdict, details };
}

/** An audit that the policy names without any threshold has to run and to apply; its bars are those of the preset. */
function policyFor(plugin: Plugin, own: Thresholds, { policy }: LoadedPolicy): JudgePolicy<Thresholds> | null {
  const { minimumSamples, preset } = policy;
  // Those of others may have been written before a preset was.
  const bars = (plugin.presets as Readonly<Partial<Record<typeof preset, Thresholds>>>)[preset];
  if (bars === undefined && Object.keys(own).length === 0) return null;
  return Object.keys(own).length > 0
    ? { thresholds: own, setBy: 'policy file', minimumSamples }
    : { thresholds: bars ?? {}, setBy: `preset ${preset}`, minimumSamples };
}

function noPreset({ id }: Plugin, { policy: { preset } }: LoadedPolicy): string {
  return `The plugin has no bars for the preset ${preset}; set thresholds for ${id} in the policy.`;
}

function notPlanned(audit: string, input: JudgeInput): Finding {
  const cell = { id: digestOfJson({ notPlanned: audit }), audit, options: {}, place: null };
  const sentence = 'The policy names it, and it is not among the audits of the config.';
  return findingOf(cell, withoutEvidence('not-run', sentence), input);
}

function withoutEvidence(status: FindingStatus, sentence: string): Ruling {
  return { status, verdict: errorVerdict(sentence), details: [] };
}

function findingOf(cell: Pick<Cell, 'id' | 'audit' | 'options' | 'place'>, ruling: Ruling, input: JudgeInput): Finding {
  const { status, verdict, details } = ruling;
  const { waivers } = input.policy.policy;
  return {
    cell: cell.id,
    audit: cell.audit,
    status,
    claim: verdict.claim,
    measures: [...verdict.measures],
    signs: [...verdict.signs],
    details: [...details],
    options: cell.options,
    command: withOnly(input.command, [cell.audit]),
    ...waiverFields(cell.audit, status, verdict.reasons, { waivers, today: input.today }),
    place: cell.place,
    changes: [],
    ...factsOf(cell.audit, status, input.registry.plugins.get(cell.audit)),
  };
}

type Facts = Pick<
  Finding,
  'area' | 'severity' | 'title' | 'advice' | 'description' | 'sources' | 'frameworks' | 'texts'
>;

function factsOf(audit: string, status: FindingStatus, plugin: Plugin | undefined): Facts {
  if (plugin === undefined) {
    return {
      area: 'other',
      severity: 'high',
      title: audit,
      advice: 'Load the plugin that made this evidence.',
      description: '',
      sources: [],
      frameworks: {},
      texts: {},
    };
  }
  const { area, severity, title, failureTitle, advice, description, sources, frameworks } = plugin;
  return {
    area,
    severity,
    title: status === 'fail' ? failureTitle : title,
    advice,
    description,
    sources: [...sources],
    frameworks: clausesOf(frameworks),
    texts: translationsOf(plugin, status),
  };
}

/** A copy of clause ids by framework, as reports have them. */
export function clausesOf(frameworks: Plugin['frameworks']): Finding['frameworks'] {
  return Object.fromEntries(Object.entries(frameworks).map(([name, clauses]) => [name, [...clauses]]));
}

/** The texts in other languages, with the title that applies. */
export function translationsOf({ texts = {} }: Pick<Plugin, 'texts'>, status: FindingStatus): Finding['texts'] {
  return Object.fromEntries(
    Object.entries(texts).map(([language, { title, failureTitle, advice, description }]) => [
      language,
      { title: status === 'fail' ? failureTitle : title, advice, description },
    ]),
  );
}
