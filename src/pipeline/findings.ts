import type { Json } from '#base/json';
import type { LoadedPolicy } from '#config/loaded';
import { checkThresholds } from '#config/policy';
import type { Pictures, Plugin, Verdict } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { Detail } from '#report/details';
import type { Finding } from '#report/report';
import type { Cell } from './types.js';
import { askPlugin, errorVerdict } from './verdicts.js';
import { waiverOf } from './waivers.js';

/** What is known of a cell when it is judged. */
export type CellState =
  | { readonly kind: 'evidence'; readonly data: Json; readonly pictures: Pictures }
  | { readonly kind: 'error'; readonly sentence: string }
  | { readonly kind: 'missing' };

export interface JudgeInput {
  readonly cells: readonly Cell[];
  readonly stateOf: (cell: Cell) => CellState;
  readonly registry: Registry;
  readonly policy: LoadedPolicy;
  /** YYYY-MM-DD, by which waivers expire. */
  readonly today: string;
  readonly command: string;
}

/** One finding a cell. Pure: the same evidence, policy and day give the same findings. */
export function judgeCells(input: JudgeInput): Finding[] {
  const thresholds = checkThresholds(input.policy, input.registry.plugins);
  return input.cells.map((cell) => {
    const plugin = input.registry.plugins.get(cell.audit);
    const own = thresholds.get(cell.audit);
    return plugin === undefined
      ? unknownPlugin(cell, input)
      : findingOf(cell, plugin, judged(cell, plugin, own, input), input);
  });
}

interface Judgement {
  readonly status: Finding['status'];
  readonly verdict: Verdict;
  readonly details: readonly Detail[];
}

function judged(cell: Cell, plugin: Plugin, own: object | undefined, input: JudgeInput): Judgement {
  const { fate } = cell;
  if (fate.kind !== 'run') return { status: fate.kind, verdict: foreknown(fate.because), details: [] };
  const state = input.stateOf(cell);
  if (state.kind === 'missing') {
    return { status: 'not-run', verdict: foreknown('The run ended before this cell did.'), details: [] };
  }
  if (state.kind === 'error') return { status: 'error', verdict: errorVerdict(state.sentence), details: [] };
  const { preset, minimumSamples } = input.policy.policy;
  const policy = {
    thresholds: { ...(own ?? plugin.presets[preset]) },
    setBy: own === undefined ? `preset ${preset}` : 'policy',
    minimumSamples,
  };
  const { verdict, details } = askPlugin(plugin, state.data, policy, state.pictures);
  return { status: verdict.status, verdict, details };
}

function foreknown(because: string): Verdict {
  return { status: 'inconclusive', claim: because, reasons: [], measures: [], signs: [] };
}

function findingOf(cell: Cell, plugin: Plugin, { status, verdict, details }: Judgement, input: JudgeInput): Finding {
  const waiver = waiverOf(cell.audit, input.policy.policy.waivers, input.today);
  return {
    cell: cell.id,
    audit: cell.audit,
    area: plugin.area,
    status,
    severity: plugin.severity,
    title: status === 'fail' ? plugin.failureTitle : plugin.title,
    claim: verdict.claim,
    reasons: [...verdict.reasons],
    measures: [...verdict.measures],
    signs: [...verdict.signs],
    details: [...details],
    advice: plugin.advice,
    description: plugin.description,
    sources: [...plugin.sources],
    frameworks: Object.fromEntries(Object.entries(plugin.frameworks).map(([name, ids]) => [name, [...ids]])),
    options: cell.options,
    command: `${input.command} --only ${cell.audit}`,
    waiver: waiver.kind === 'in-force' && status !== 'pass' ? waiver.waiver : null,
  };
}

function unknownPlugin(cell: Cell, input: JudgeInput): Finding {
  return {
    cell: cell.id,
    audit: cell.audit,
    area: 'other',
    status: 'error',
    severity: 'high',
    title: cell.audit,
    claim: `The plugin ${cell.audit} is not known here, so its evidence cannot be judged.`,
    reasons: ['Load the plugin that made this evidence.'],
    measures: [],
    signs: [],
    details: [],
    advice: 'Name the module of the plugin.',
    description: '',
    sources: [],
    frameworks: {},
    options: cell.options,
    command: `${input.command} --only ${cell.audit}`,
    waiver: null,
  };
}
