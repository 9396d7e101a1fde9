import { digestOfJson } from '#base/digest';
import { counted, percent, pValue } from '#base/format';
import { COMPARISON } from '#config/policy';
import type { Plugin } from '#plugin/plugin';
import type { Detail } from '#report/details';
import type { Change, Finding, FindingStatus, Measure } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import { withOnly } from '../command.js';
import { clausesOf, translationsOf } from '../findings.js';
import type { Cell } from '../types.js';
import { waiverFields, type WaiverRules } from '../waivers.js';
import { isRegression, TEST, type Compared, type Pair, type RegressionRule } from './compare.js';
import { COMPARISON_TEXTS } from './texts.js';

/** What decides the findings of a comparison, beside the comparison itself. */
export interface ComparisonRules extends WaiverRules {
  readonly rule: RegressionRule;
  /** Who set the rule: `policy file`, `preset baseline`. */
  readonly setBy: string;
  readonly minimumSamples: number;
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** The command that repeats the run. */
  readonly command: string;
  /** Where the config names the baseline. */
  readonly place: Finding['place'];
}

/** What changed in one cell, in the words of the report. */
export function changesOf({ pairs }: Compared, { alpha }: RegressionRule): Change[] {
  if (typeof pairs === 'string') return [];
  return pairs.map(({ label, before, now, n, lost, won, pWorse, pBetter }) => ({
    ...{ label, before, now, n, test: TEST },
    lost: lost.length,
    won: won.length,
    p: lost.length >= won.length ? pWorse : pBetter,
    direction: pWorse < alpha ? 'worse' : pBetter < alpha ? 'better' : 'same',
  }));
}

/** One finding for each cell of a baseline: whether the run is no worse there. */
export function comparisonFinding(compared: Compared, rules: ComparisonRules): Finding {
  const { before, now, pairs } = compared;
  const ruling = typeof pairs === 'string' ? unpaired(pairs, now) : rulingOn(pairs, rules);
  const plugin = rules.plugins.get(before.audit);
  const cell = {
    cell: digestOfJson({ comparison: before.audit, options: before.options }),
    options: now?.cell.options ?? {},
  };
  return finding(before.audit, { ...cell, ...ruling }, plugin, rules);
}

/** Where a policy has rules against a baseline and the config names none, or none of its cells could be read. */
export function withoutBaseline(sentence: string, rules: ComparisonRules): Finding {
  const cell = { cell: digestOfJson({ comparison: 'baseline' }), options: {} };
  return finding('baseline', { ...cell, ...blank('not-run', sentence) }, undefined, rules);
}

interface Ruling {
  readonly status: FindingStatus;
  readonly claim: string;
  readonly reasons: readonly string[];
  readonly measures: readonly Measure[];
  readonly details: readonly Detail[];
}

function finding(
  audit: string,
  ruling: Ruling & Pick<Finding, 'cell' | 'options'>,
  plugin: Plugin | undefined,
  rules: ComparisonRules,
): Finding {
  const id = `${COMPARISON}${audit}`;
  const { status, reasons, measures, details, ...rest } = ruling;
  const { title, failureTitle, description, advice } = COMPARISON_TEXTS;
  const waiver = waiverFields(id, status, reasons, rules);
  return {
    ...rest,
    ...waiver,
    audit: id,
    area: plugin?.area ?? 'other',
    status,
    severity: plugin?.severity ?? 'high',
    title: status === 'fail' ? failureTitle : title,
    measures: [...measures],
    signs: [],
    details: [...details],
    advice,
    description,
    sources: [
      'McNemar 1947, Note on the sampling error of the difference between correlated proportions',
      'Holm 1979, A simple sequentially rejective multiple test procedure',
    ],
    frameworks: clausesOf(plugin?.frameworks ?? {}),
    command: plugin === undefined ? rules.command : withOnly(rules.command, [audit]),
    place: rules.place,
    changes: [],
    texts: translationsOf(COMPARISON_TEXTS, status),
  };
}

function unpaired(sentence: string, now: { readonly cell: Cell } | null): Ruling {
  return blank(now === null ? 'not-run' : 'inconclusive', sentence);
}

function blank(status: FindingStatus, sentence: string): Ruling {
  return { status, claim: sentence, reasons: [], measures: [], details: [] };
}

function rulingOn(pairs: readonly Pair[], rules: ComparisonRules): Ruling {
  const { rule, minimumSamples } = rules;
  const worse = pairs.filter((pair) => isRegression(pair, rule));
  const few = pairs.filter(({ n }) => n < minimumSamples);
  return {
    status: worse.length > 0 ? 'fail' : few.length > 0 ? 'inconclusive' : 'pass',
    claim: worse.length > 0 ? worseClaim(worse, rule) : sameClaim(pairs, rule),
    reasons: [
      ...worse.slice(1).map((pair) => fallOf(pair)),
      ...pairs
        .filter((pair) => pair.pWorse < rule.alpha && !isRegression(pair, rule))
        .map((pair) => `${fallOf(pair)} The policy lets ${percent(rule.drop)} pass.`),
      ...few.map(
        ({ label, n }) => `${label} comes from ${counted(n, 'sample')}; the policy asks for ${minimumSamples}.`,
      ),
    ],
    measures: pairs.flatMap((pair) => measuresOf(pair, rules)),
    details: [tableOf(pairs), ...lostSamples(pairs)],
  };
}

function worseClaim([first]: readonly Pair[], { alpha }: RegressionRule): string {
  return first === undefined
    ? ''
    : `Worse than the baseline: ${fallOf(first)} The policy asks for p of at least ${alpha}.`;
}

function fallOf({ label, before, now, lost, won, n, pWorse }: Pair): string {
  const change = `${label} falls from ${percent(before)} to ${percent(now)}`;
  return `${change}: ${counted(lost.length, 'sample is', 'samples are')} lost and ${won.length} won, of ${counted(n, 'sample')} (${pValue(pWorse)}).`;
}

function sameClaim(pairs: readonly Pair[], { alpha }: RegressionRule): string {
  const least = Math.min(...pairs.map(({ pWorse }) => pWorse));
  const n = Math.max(...pairs.map((pair) => pair.n));
  const rates = pairs.length === 1 ? 'its rate is' : `none of its ${pairs.length} rates is`;
  const not = pairs.length === 1 ? 'not lower' : 'lower';
  return `No worse than the baseline: on ${counted(n, 'sample')} ${rates} ${not} by more than chance (${pValue(least)}; the policy asks for at least ${alpha}).`;
}

function measuresOf(pair: Pair, { rule, setBy }: ComparisonRules): Measure[] {
  const { id, label, before, now, n, pWorse } = pair;
  const lets = pWorse < rule.alpha && !isRegression(pair, rule);
  const rate = (which: string, what: string, value: number): Measure => ({
    ...{ id: `${id}/${which}`, label: `${label}, ${what}`, value, format: 'rate', n, threshold: null },
    interval: { ...clopperPearson(Math.round(value * n), n), method: 'Clopper-Pearson' },
  });
  return [
    {
      ...{ id: `${id}/p`, label: `Losses in ${label}`, value: pWorse, format: 'p', n, interval: null },
      threshold: lets
        ? null
        : { comparison: 'at-least', value: rule.alpha, compared: pWorse, holds: pWorse >= rule.alpha, setBy },
    },
    rate('now', 'now', now),
    rate('before', 'in the baseline', before),
  ];
}

function tableOf(pairs: readonly Pair[]): Detail {
  return {
    kind: 'table',
    title: 'Against the baseline',
    columns: [
      { label: 'Rate', format: 'text' },
      { label: 'Before', format: 'rate' },
      { label: 'Now', format: 'rate' },
      { label: 'Lost', format: 'count' },
      { label: 'Won', format: 'count' },
      { label: 'n', format: 'count' },
      { label: 'p of the losses', format: 'number' },
    ],
    rows: pairs.map(({ label, before, now, lost, won, n, pWorse }) => [
      ...[label, before, now, lost.length, won.length, n, pWorse],
    ]),
    note: `${TEST}, over all rates that were compared.`,
  };
}

const MOST_LOST = 20;

/** Which samples to look at first. */
function lostSamples(pairs: readonly Pair[]): Detail[] {
  const lost = pairs.flatMap(({ label, lost: indices }) => indices.map((index) => [index, label]));
  if (lost.length === 0) return [];
  const left = lost.length - MOST_LOST;
  return [
    {
      kind: 'table',
      title: 'Samples that held before and do not now',
      columns: [
        { label: 'Sample', format: 'count' },
        { label: 'Rate', format: 'text' },
      ],
      rows: lost.slice(0, MOST_LOST),
      ...(left > 0 ? { note: `And ${counted(left, 'more', 'more')}.` } : {}),
    },
  ];
}
