import type { JsonObject } from '#base/json';
import { AssayError } from '#base/errors';
import { closest } from '#config/closest';
import type { PopulationConfig } from '#config/schema';
import type { PolicyPreset } from '#plugin/plugin';
import type { Samples } from '#target/target';
import type { FileSamples, FileTable } from './declared.js';

/** What all matchers that run an audit take. */
export interface RunOptions {
  /** What the audit is run on. */
  readonly on?: Samples | FileSamples | undefined;
  /** What a defense trains with. */
  readonly train?: Samples | FileSamples | undefined;
  /** The table of audits of data, where the received value is a target. */
  readonly table?: FileTable | undefined;
  /** The people that the table is a sample of: as `data.population` in a config. */
  readonly population?: PopulationConfig | undefined;
  /** A number from fewer samples is inconclusive. Default: as the preset says, 100 or 1,000. */
  readonly minimumSamples?: number | undefined;
  /** Default 0. */
  readonly seed?: number | string | undefined;
  /** Modules with the plugins of others: as `plugins` in a config. */
  readonly plugins?: readonly string[] | undefined;
  /** Where counterexamples go, relative to the working directory. Default: assay-runs. */
  readonly out?: string | undefined;
}

export interface PassOptions extends RunOptions {
  /** Of the plugin, where it is given by its id: as in a config. Of a report: the cells that are meant. */
  readonly options?: JsonObject | undefined;
  /** The bars of the plugin: as in a policy. Default: those of the preset. */
  readonly thresholds?: JsonObject | undefined;
  /** Default: baseline. */
  readonly preset?: PolicyPreset | undefined;
}

export interface WithstandOptions extends Omit<PassOptions, 'thresholds'> {
  /** The least robust accuracy, held against the pessimistic end of its 95 % interval. Default: that of the preset. */
  readonly robustAccuracy?: number | undefined;
  /** The epsilon that the bar is for, in the units of the data. Default: the largest of the attack. */
  readonly epsilon?: number | undefined;
}

export interface AnonymousOptions extends Pick<RunOptions, 'minimumSamples' | 'out'> {
  /** The least number of records that have to agree on all quasi-identifiers. */
  readonly k: number;
  /** The share of records that may be in smaller classes. Default 0. */
  readonly atMost?: number | undefined;
  /** What a missing value agrees with: as the option of `anonymization/k-anonymity`. Default: own-value. */
  readonly missing?: 'own-value' | 'matches-everything' | undefined;
}

export interface RegressionOptions extends RunOptions {
  /** What `assay bless` wrote, relative to the working directory. */
  readonly baseline?: string | undefined;
  /** Of the plugin, where it is given by its id. */
  readonly options?: JsonObject | undefined;
  /** The chance to call a model worse that is not. Default 0.05. */
  readonly alpha?: number | undefined;
  /** A rate may be lower by as much. Default 0. */
  readonly drop?: number | undefined;
}

const RUN = ['on', 'train', 'table', 'population', 'minimumSamples', 'seed', 'plugins', 'out', 'options'];

/** Every option by matcher: one that is misspelt would leave a bar out. */
export const KNOWN = {
  toPassAudit: [...RUN, 'thresholds', 'preset'],
  toWithstand: [...RUN, 'preset', 'robustAccuracy', 'epsilon'],
  toBeAnonymous: ['k', 'atMost', 'missing', 'minimumSamples', 'out'],
  toHaveNoRegression: [...RUN, 'baseline', 'alpha', 'drop'],
} as const;

export type Matcher = keyof typeof KNOWN;

/** @throws AssayError `usage` for an option that the matcher does not have */
export function refuseUnknown(matcher: Matcher, options: object): void {
  const known: readonly string[] = KNOWN[matcher];
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  const meant = closest(stranger, known);
  throw new AssayError('usage', {
    where: matcher,
    what: `there is no option \`${stranger}\`${meant === null ? '' : `; the closest is \`${meant}\``}`,
  });
}

/**
 * What was judged before the test is not judged again: an option that asks for it would be ignored.
 *
 * @throws AssayError `usage`
 */
export function refuseForRecorded(matcher: Matcher, options: object, allowed: readonly string[]): void {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const stranger = given.find(([key]) => !allowed.includes(key))?.[0];
  if (stranger === undefined) return;
  throw new AssayError('usage', {
    where: matcher,
    what: `\`${stranger}\` is given, and what was received has been run and judged already`,
    mend: 'Leave it out; bars of a run are those of its policy.',
  });
}
