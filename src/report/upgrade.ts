import { REPORT_VERSION } from './report.js';

/** Reports of versions before, brought to this one: what they could not say is said to be absent, never guessed. */

type Fields = Readonly<Record<string, unknown>>;

/** From each version to the next. */
const STEPS: Readonly<Record<number, (report: Fields) => Fields>> = { 1: fromFirst };

/** The versions that {@link upgraded} takes, the newest last. */
export const READABLE_VERSIONS: readonly number[] = [...Object.keys(STEPS).map(Number), REPORT_VERSION];

/** The version that a report says it has; null for what says none. */
export function versionOf(report: unknown): number | null {
  if (typeof report !== 'object' || report === null || !('version' in report)) return null;
  return typeof report.version === 'number' ? report.version : null;
}

/** A report that is as the schema of its own version says, as one of {@link REPORT_VERSION}. */
export function upgraded(report: object): object {
  let current = report as Fields;
  for (let version = versionOf(report) ?? NaN; version < REPORT_VERSION; version++) {
    current = STEPS[version]?.(current) ?? current;
  }
  return current;
}

/** Version 2 added places, changes against a baseline, translations, and what the policy accepts. */
function fromFirst(report: Fields): Fields {
  const list = (key: string) => report[key] as readonly Fields[];
  const record = (key: string) => report[key] as Fields;
  return {
    ...report,
    version: 2,
    findings: list('findings').map((finding) => ({ ...finding, place: null, changes: [], texts: {} })),
    policy: {
      ...record('policy'),
      file: null,
      failures: { critical: 0, high: 0, medium: 0, low: 0 },
      regression: { alpha: 0.05, drop: 0 },
    },
    baseline: null,
    threatModel: (report['threatModel'] as readonly string[]).map((sentence) => ({ sentence, texts: {} })),
    notTested: list('notTested').map((item) => ({ ...item, kind: 'without-number' })),
    provenance: { ...record('provenance'), config: configOf(record('provenance')), language: 'en' },
  };
}

/** Version 1 named the config in the command alone: `assay audit assay.config.json --seed 7`. */
function configOf({ command }: Fields): string {
  return /^assay audit (\S+)/.exec(String(command))?.[1] ?? 'assay.config';
}
