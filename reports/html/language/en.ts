import type { Area, Language, Severity } from '#report/report';
import { counted, ENGLISH_NUMBERS, formatCount, NO_BREAK } from '../../format.js';
import type { StatusWord } from '../../status.js';
import { enCards } from './cards/en.js';
import { enFeatures } from './features/en.js';

const status: Readonly<Record<StatusWord, string>> = {
  failed: 'failed',
  error: 'error',
  inconclusive: 'inconclusive',
  waived: 'waived',
  'not run': 'not run',
  passed: 'passed',
  'not applicable': 'not applicable',
};

const severity: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
};

const areas: Readonly<Record<Area, string>> = {
  evasion: 'Evasion',
  corruption: 'Corruption',
  training: 'Training',
  certificates: 'Certificates',
  data: 'Data checks',
  explanations: 'Explanations',
  subgroups: 'Subgroups',
  other: 'Other audits',
};

/** Words of target and data cards that name a kind; what is not listed here stays as the report has it. */
const kinds: ReadonlyMap<string, string> = new Map();

/**
 * All that the page says itself, in English, and so the shape of every other language. Counts come as numbers, since
 * their plurals are the language's; other values come as they are to be printed. `report.json` and other names of files
 * and commands stand between backticks.
 */
export const en = {
  language: 'en' as Language,
  /** The note that the texts of audits are English stands only on pages of other languages. */
  english: null as string | null,
  numbers: ENGLISH_NUMBERS,
  status,
  severity,
  areas,
  kinds,
  languages: { en: 'English', 'zh-CN': 'Chinese (Simplified)', de: 'German' },
  outcome: { holds: 'holds', broken: 'does not hold', untold: 'not told', met: 'met', missed: 'missed' },
  none: 'none',
  unknown: 'unknown',
  notMeasured: 'not measured',
  interval: '95\u00a0% interval',
  wholeReport: 'Assay audit report',
  masthead: 'audit report',
  skip: 'Skip to the verdict',
  contents: 'Contents',
  dataOnly: 'data',
  severityOf: (level: string) => `${level} severity`,
  statusOf: (count: number, word: string) => `${formatCount(count)} ${word}`,
  list: (items: readonly string[]) => items.join(', '),
  sentenceParts: (parts: readonly string[]) => parts.join('; '),
  sentences: (sentences: readonly string[]) => sentences.join(' '),
  colon: ': ',
  comma: ', ',
  moreHere: (count: number) => `${formatCount(count)} more`,
  atLeast: (value: string) => `at least ${value}`,
  atMost: (value: string) => `at most ${value}`,
  policyFile: 'policy file',
  preset: (name: string) => `preset ${name}`,
  matcher: 'matcher',
  footer: {
    paper: 'Assay audit report',
    model: (digest: string) => `Model sha256 ${digest}`,
    noModel: 'No model',
    colophon: (version: string, reportVersion: number) =>
      `Written by assay ${version}, report version ${reportVersion}, from \`report.json\`. Clauses are named as evidence toward them; no part of this page states compliance.`,
  },
  verdict: {
    heading: 'Verdict',
    passes: 'passes its policy',
    fails: 'does not pass its policy',
    unaudited: 'was not audited',
    runPasses: 'This run passes its policy',
    runFails: 'This run does not pass its policy',
    runUnaudited: 'Nothing was audited',
    nothing: 'Nothing was audited, so there is nothing to pass.',
    tally: (count: number, tally: string) => `Of ${counted(count, 'audit')}: ${tally}.`,
    digest: 'Model sha256',
    date: 'Date',
    duration: 'Duration',
    policy: 'Policy',
    samples: 'Test samples',
    partOf: (used: number, available: number) => `${formatCount(used)} of ${formatCount(available)}`,
    why: 'Why it does not pass',
    rules: 'Rules that decided',
    noRule: 'The gate names no rule, because there was nothing to decide.',
    moreRules: (count: number) => counted(count, 'more rule'),
    rulesLeft: (count: number) => `${counted(count, 'more rule')} in \`report.json\`.`,
    number: (value: string, interval: string | null, n: string | null) =>
      `${value}${interval === null ? '' : `, 95\u00a0% interval ${interval}`}${n === null ? '' : `, n${NO_BREAK}${n}`}`,
    asked: (threshold: string) => `asked for ${threshold}`,
    noBar: 'held against no bar',
    waived: (until: string, owner: string) => `waived until ${until} by ${owner}`,
  },
  changes: {
    heading: 'Change against the baseline',
    contents: 'Change',
    none: 'The config names no baseline, so nothing on this page says whether the model is better or worse than before.',
    file: 'Baseline',
    digest: 'Digest',
    model: 'Its model',
    same: 'the model of this run',
    other: 'not the model of this run',
    noModel: 'none was opened',
    better: 'better',
    worse: 'worse',
    values: (before: string, now: string) => `${before}${NO_BREAK}→${NO_BREAK}${now}`,
    counts: (lost: number, won: number, n: number) =>
      `${formatCount(lost)} lost and ${formatCount(won)} won of ${formatCount(n)}`,
    unchanged: (count: number) =>
      count === 1
        ? 'One rate was compared with the baseline; it did not change by more than chance.'
        : `Of ${formatCount(count)} rates compared with the baseline none changed by more than chance.`,
    some: (changed: number, count: number) =>
      `${formatCount(changed)} of ${counted(count, 'rate')} compared with the baseline changed by more than chance.`,
    uncompared: 'No rate of this run could be compared with the baseline.',
    left: (count: number) => `${counted(count, 'more change')} in \`report.json\`.`,
  },
  findings: {
    heading: 'Findings',
    none: 'No audit is part of this run, so there are no findings.',
    matrix: 'Findings by area and severity',
    area: 'Area',
    all: 'All findings at a glance.',
    allCaption: 'Severity says how bad a failure is, the number how often or how far it went.',
    verdict: 'Verdict',
    finding: 'Finding',
    severity: 'Severity',
    number: 'Number',
    n: 'n',
    askedFor: 'Asked for',
    signsHeld: 'Signs held',
    held: (held: number, all: number) => `${formatCount(held)} of ${formatCount(all)}`,
    left: (shown: number, all: number) =>
      `This run has ${counted(all, 'finding')}: the ${formatCount(shown)} that matter most are shown in full, the others are the rows above. All of them in full are in \`report.json\`, and as a table in \`findings.csv\`.`,
    areaLeft: (count: number) => `${counted(count, 'more finding')} of this area only in the table of all findings.`,
    evidence: 'Evidence',
    evidenceFor: (audit: string, cell: string) => `for ${audit}, ${cell}`,
    verdictBefore: 'Verdict before the waiver:',
    waivedUntil: (until: string, owner: string) => `Waived until ${until} by ${owner}:`,
    measures: 'What was measured',
    measure: 'Measure',
    value: 'Value',
    compared: 'Compared',
    outcome: 'Outcome',
    noBar: 'no bar',
    methods: (methods: string) => `Intervals: ${methods}.`,
    pessimistic: 'Their pessimistic end is compared with the bar.',
    trust: 'Can the number be trusted?',
    advice: 'What to do',
    command: 'Repeat it',
    clauses: 'Evidence toward',
    about: 'How it was measured',
    aboutFor: (audit: string, cell: string) => `in ${audit}, ${cell}`,
    options: 'Options of cell',
    noOptions: 'none',
    place: 'Asked for in',
    placeOf: (file: string, line: number, column: number) => `${file}, line ${line}, column ${column}`,
  },
  figures: {
    figure: (number: number) => `Figure ${number}.`,
    table: (number: number) => `Table ${number}.`,
    behind: (number: number) => `The numbers behind figure ${number}`,
    noPoints: 'The audit measured no point of this curve.',
    noBins: 'The audit counted nothing for this histogram.',
    noRows: 'The audit recorded no rows.',
    column: 'Value',
    untrusted: 'not trusted',
    clean: 'clean',
    untrustedAt: (x: string) => `Not trusted at ${x}:`,
    untrustedFrom: (from: string, to: string) => `Not trusted from ${from} to ${to}:`,
    count: 'Count',
    at: (y: string, x: string) => `${y} at ${x}`,
    series: (name: string, points: string) => `${name}: ${points}`,
    bins: (total: number, bins: number, from: string, to: string, most: number) =>
      `${counted(total, 'value')} in ${counted(bins, 'bin')}; the highest bin, ${from} to ${to}, holds ${formatCount(most)}`,
    from: 'from',
    to: 'to',
    firstRows: (shown: number, all: number) =>
      `The first ${formatCount(shown)} of ${formatCount(all)} rows; the rest is in \`report.json\`.`,
    noSamples: 'The audit kept no sample to show.',
    indices: (indices: string, left: number) =>
      `This run shows indices instead of samples. In the data set: ${indices}${left === 0 ? '' : ` and ${formatCount(left)} more`}.`,
    left: (count: number) => `${formatCount(count)} more in \`report.json\`.`,
    perturbations: 'Perturbations are enlarged as written and drawn around grey.',
    mapScale: (scale: string) => `Orange is positive, blue negative; full colour stands for ${scale} in every map.`,
    tokenScale: (scale: string) =>
      `Orange with a solid line is positive, blue with a dotted line negative; the deepest shade stands for ${scale}.`,
    sample: (index: string) => `Sample ${index}`,
    tokens: (shown: number, all: number) => `the first ${counted(shown, 'token')} of ${formatCount(all)}`,
    truth: (label: string) => `Truth: ${label}`,
    epsilon: (value: string) => `epsilon ${value}`,
    original: 'Original',
    perturbation: 'Perturbation',
    adversarial: 'Adversarial',
    input: 'Input',
    map: 'Map',
    originalText: (index: string, seen: string) => `Sample ${index} as it is, seen as ${seen}`,
    perturbationText: (index: string, scale: string) => `The change to sample ${index}, ${scale}, around grey`,
    adversarialText: (index: string, seen: string) => `Sample ${index} as changed, seen as ${seen}`,
    inputText: (index: string) => `Sample ${index} as it is`,
    mapText: (index: string) => `The map over sample ${index}`,
    whole: 'whole picture',
    absent: (what: string, why: string) => `${what}. ${why}`,
    notKept: 'The run kept no picture of it.',
    missing: 'The picture is missing from the run folder.',
    changed: 'The file in the run folder is not the one that was recorded.',
    noPicture: 'The file in the run folder is not a PNG picture.',
    leftOut: 'Left out to keep the page small.',
  },
  features: enFeatures,
  ...enCards,
};

/** One language of the page. */
export type PageWords = typeof en;
