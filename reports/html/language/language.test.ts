import { readFileSync } from 'node:fs';
import type { ReportInput } from '#plugin/plugin';
import { LANGUAGES, type Report, type Timings } from '#report/report';
import { goldenReport, idsReport } from '../../testing/golden.js';
import { emptyReport, hostileReport, largeReport, passedReport } from '../../testing/reports.js';
import { templateFile, templateNames } from '../files.js';
import { htmlReporter } from '../html.js';
import { en } from './en.js';
import { wordsOf } from './languages.js';

const render = (input: ReportInput) => htmlReporter.render(input);

/** All leaves of a dictionary with their paths. */
function leaves(words: object, path = ''): [string, unknown][] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !(value instanceof Map)
      ? leaves(value, `${path}${key}.`)
      : [[`${path}${key}`, value]],
  );
}

/** What a reader meets: text, and what attributes say to those who do not see it. */
function wordsRead(html: string): string {
  const spoken = [...html.matchAll(/ (?:alt|aria-label)="([^"]*)"/g)].map((match) => match[1]);
  const text = html.replace(/<style>.*?<\/style>/s, ' ').replaceAll(/<[^>]*>/g, '\n');
  return [text, ...spoken].join('\n');
}

describe.each(LANGUAGES)('%s', (language) => {
  const words = wordsOf(language);

  test('has every word that English has, and none is empty', () => {
    expect(
      leaves(words)
        .map(([path]) => path)
        .sort(),
    ).toEqual(
      leaves(en)
        .map(([path]) => path)
        .sort(),
    );
    for (const [path, value] of leaves(words)) expect([path, value]).not.toEqual([path, '']);
    expect(words.language).toBe(language);
  });

  test('no sentence loses a value', () => {
    const values = ['12', '34', '56', '78', '90'];
    const lists = new Set(['list', 'sentenceParts', 'sentences']);
    for (const [path, value] of leaves(words)) {
      if (typeof value !== 'function' || lists.has(path)) continue;
      const given = values.slice(0, value.length);
      const sentence = String(Reflect.apply(value, null, given));
      expect([path, given.filter((one) => !sentence.includes(one))]).toEqual([path, []]);
    }
  });

  test('the page says which language it is in', () => {
    expect(render({ ...goldenReport(), language })).toContain(`<html lang="${language}">`);
  });
});

describe('the page says everything in its own language', () => {
  const FOREIGN = '記';
  /** What has a meaning for the page, or a form that the schema of the page asks for. */
  const KEPT = new Set([
    ...['status', 'severity', 'area', 'kind', 'format', 'role', 'comparison', 'direction', 'samples', 'language'],
    ...['cell', 'digest', 'sha256', 'started', 'finished', 'setBy', 'scale'],
    // Files of pictures, and the checks of a target, whose ids are part of the schema.
    ...['original.file', 'perturbation.file', 'adversarial.file', 'input.file', 'map.file', 'checks.id'],
  ]);
  const MASKED = new Set(['norm.kind', 'target.format']);

  /** A report in which every name and sentence is one foreign character. */
  function masked(value: unknown, key = '', parent = ''): unknown {
    const path = `${parent}.${key}`;
    if (typeof value === 'string') return (KEPT.has(key) || KEPT.has(path)) && !MASKED.has(path) ? value : FOREIGN;
    if (Array.isArray(value)) return value.map((item) => masked(item, key, parent));
    if (typeof value !== 'object' || value === null) return value;
    if (['frameworks', 'options', 'versions'].includes(key)) return { [FOREIGN]: [FOREIGN] };
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, name, key)]));
  }

  const maskedInput = (input: ReportInput): ReportInput => ({
    ...input,
    report: masked(input.report) as Report,
    timings: masked(input.timings) as Timings,
  });

  const EXAMPLES: Readonly<Record<string, () => ReportInput>> = {
    golden: goldenReport,
    ids: idsReport,
    passed: passedReport,
    empty: emptyReport,
    many: () => largeReport(620, 1),
    unchanged: () =>
      withReport(goldenReport(), (report) => ({
        findings: report.findings.map((finding) => ({
          ...finding,
          changes: finding.changes.map((change) => ({ ...change, direction: 'same' as const })),
        })),
      })),
  };

  function withReport(input: ReportInput, parts: (report: Report) => Partial<Report>): ReportInput {
    return { ...input, report: { ...input.report, ...parts(input.report) } };
  }

  /** Names of things, units and files, which are the same in every language. */
  const NAMES =
    /\b(sha256|[Aa]ssay|MiB|[kM]B|Node|UTC|PNG|baseline|report\.json|findings\.csv|logits|opset|target\/[a-z-]+|[0-9a-f]{12,64})\b/g;
  const latin = (text: string) =>
    [
      ...text
        .replaceAll(NAMES, ' ')
        .replaceAll(/&[#\w]+;/g, ' ')
        .matchAll(/.*[A-Za-z]{2,}.*/g),
    ].map(([line]) => line);

  test.each(Object.keys(EXAMPLES))('Chinese, %s: no Latin word is left but names', (name) => {
    const text = wordsRead(render({ ...maskedInput(EXAMPLES[name]!()), language: 'zh-CN' }));
    expect(text).toContain(FOREIGN);
    expect(latin(text)).toEqual([]);
  });

  test('Chinese: neither is one in what no example shows', () => {
    const own = leaves(wordsOf('zh-CN')).filter(([path, value]) => typeof value === 'string' && path !== 'language');
    expect(own.filter(([, value]) => latin(String(value)).length > 0)).toEqual([]);
  });

  test.each(Object.keys(EXAMPLES))('German, %s: no English word of the dictionary is left', (name) => {
    const html = render({ ...maskedInput(EXAMPLES[name]!()), language: 'de' });
    const read = new Set(
      wordsRead(html)
        .split('\n')
        .map((line) => line.trim()),
    );
    const german = new Set(leaves(wordsOf('de')).map(([, value]) => value));
    const english = leaves(en).filter(([, value]) => typeof value === 'string' && !german.has(value));
    expect(english.filter(([, value]) => read.has(String(value)))).toEqual([]);
  });
});

describe('what stays English is marked', () => {
  /** Sentences that plugins and the pipeline wrote in English, without those that the report has translations of. */
  function englishSentences({ findings, target, threatModel, notTested }: Report): string[] {
    return [
      ...findings.flatMap((finding) => [
        finding.claim,
        ...(Object.keys(finding.texts).length > 0 ? [] : [finding.title, finding.description]),
        ...finding.reasons,
        ...finding.sources,
        ...finding.signs.map(({ sentence }) => sentence),
        ...finding.measures.map(({ label }) => label),
        ...finding.changes.map(({ test: name }) => name),
        ...finding.details.map(({ title }) => title),
      ]),
      ...threatModel.filter(({ texts }) => Object.keys(texts).length === 0).map(({ sentence }) => sentence),
      ...notTested.filter(({ kind }) => kind !== 'unnamed').map(({ because }) => because),
      ...(target?.notes ?? []),
      ...(target?.checks ?? []).map(({ sentence }) => sentence),
    ];
  }

  test.each(['de', 'zh-CN'] as const)('%s', (language) => {
    const { report, ...rest } = goldenReport();
    const html = render({ ...rest, report, language });
    const unmarked = html.replaceAll(/<(bdi|text|title|span) lang="en"[^>]*>.*?<\/\1>/gs, '');
    const left = wordsRead(unmarked);
    expect(englishSentences(report).filter((sentence) => left.includes(sentence))).toEqual([]);
    expect(html).toContain('lang="en"');
    expect(html).toContain(wordsOf(language).english!);
    const { texts } = report.findings.find(({ audit }) => audit === 'evasion/pgd')!;
    expect(left).toContain(texts[language]!.title);
    expect(left).toContain(texts[language]!.description);
  });

  test('nothing is marked, and nothing is said about it, where the page is English', () => {
    const html = render(goldenReport());
    expect(html).not.toMatch(/<(?!html)[^>]* lang=/);
    expect(html).not.toContain('class="note languages"');
  });
});

describe('templates', () => {
  // The page of `assay explain` is in English alone.
  const translated = templateNames().filter(
    (name) => !name.startsWith('explain-') && !name.startsWith('anonymization-'),
  );
  const sources = translated.map((name) => [name, readFileSync(templateFile(`${name}.hbs`), 'utf8')] as const);

  test.each(sources)('%s holds no word of its own', (_name, source) => {
    const text = source.replaceAll(/\{\{.*?\}\}/g, '').replaceAll(/<[^>]*>/g, ' ');
    expect(text.match(/[A-Za-z]{2,}/g)?.filter((word) => word !== 'Assay') ?? []).toEqual([]);
  });

  test('every word that a template asks for is in the dictionary', () => {
    const paths = new Set(leaves(en).map(([path]) => path));
    const asked = sources.flatMap(([name, source]) =>
      [...source.matchAll(/@words\.([\w.]+)/g)].map((match) => [name, match[1]!] as const),
    );
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter(([, path]) => !paths.has(path) && path !== 'footer')).toEqual([]);
  });

  test('nothing is printed unescaped', () => {
    for (const [name, source] of sources) expect([name, source.includes('{{{')]).toEqual([name, false]);
  });
});

test.each(LANGUAGES)('%s: names chosen by an adversary do not end the page', (language) => {
  expect(render({ ...hostileReport(), language })).toMatch(/<\/html>\s*$/);
});
