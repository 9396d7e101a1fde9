import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { ReportInput } from '#plugin/plugin';
import { clauseMap } from '#report/clauses';
import type { Change, Finding, Report, Timings } from '#report/report';
import { upgraded } from '#report/upgrade';
import { finding, rateMeasure } from '../testing/findings.js';
import { goldenReport, idsReport } from '../testing/golden.js';
import { emptyReport, hostileReport, largeReport, passedReport } from '../testing/reports.js';
import { htmlReporter } from './html.js';
import { pageOf } from './view/page.js';

const render = (input: ReportInput) => htmlReporter.render(input);
const withReport = (input: ReportInput, parts: Partial<Report>): ReportInput => ({
  ...input,
  report: { ...input.report, ...parts },
});
const withFindings = (...findings: Finding[]) => withReport(passedReport(), { findings });
/** As it is read: no-break spaces are spaces. */
const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');

describe.each([
  ['golden', goldenReport],
  ['ids', idsReport],
  ['passed', passedReport],
  ['hostile', hostileReport],
  ['empty', emptyReport],
  ['more findings than are shown in full', () => largeReport(620, 0)],
])('%s', (_name, example) => {
  const html = render(example());
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]!);

  test('every link leads somewhere, and every id is there once', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(ids);
    const targets = [...html.matchAll(/ (?:href="#|aria-labelledby=")([^"]*)"/g)].map((match) => match[1]!);
    expect(targets.filter((target) => !known.has(target))).toEqual([]);
  });

  test('the report itself is left as it is', () => {
    const input = example();
    const before = JSON.stringify(input.report);
    render(input);
    expect(JSON.stringify(input.report)).toBe(before);
  });
});

describe('rules in the banner', () => {
  const { banner } = pageOf(goldenReport());
  const rule = (title: string) => {
    const all = [...banner.deciding.rules, ...banner.more!.rules];
    return all.find((one) => one.title?.phrase.text === title)!;
  };

  test('say what, the number with interval and n, the bar and who set it', () => {
    const { mark, measured, notes } = rule('Falls to projected gradient descent');
    expect(mark.word).toBe('failed');
    expect(plain(measured!.number)).toBe('4.1 %, 95 % interval 3.0 to 5.5 %, n 1,000; asked for at least 60.0 %');
    expect(measured!.setBy!.text).toBe('policy file');
    expect(notes).toEqual([]);
  });

  test('say why a number is not held against its bar', () => {
    const { measured, notes } = rule('Withstands the square attack');
    expect(measured!.number).toContain('held against no bar');
    expect(notes[0]!.text).toMatch(/^Random noise of the same size/);
  });

  test('are the sentence of the gate where there is no number', () => {
    const { measured, notes } = rule('Withstands blur');
    expect([measured, notes[0]!.text.startsWith('Ended in an error')]).toEqual([null, true]);
  });

  test('say who waived it until when', () => {
    expect(rule('Falls to the fast gradient sign method').notes[0]!.text).toBe('waived until 2027-01-31 by J. Doe');
  });
});

describe('change against the baseline', () => {
  test('lists what changed by more than chance, the worse first', () => {
    const { changes } = pageOf(goldenReport());
    expect(changes!.rows.map(({ mark, values, counts, p }) => [mark.word, plain(values), counts, plain(p)])).toEqual([
      ['worse', '8.5 % → 4.1 %', '61 lost and 17 won of 1,000', 'p < .001'],
      ['better', '96.0 % → 99.5 %', '0 lost and 7 won of 200', 'p = .023'],
    ]);
    expect(changes!.sentence).toBe('2 of 4 rates compared with the baseline changed by more than chance.');
  });

  test('says of how many comparisons nothing came', () => {
    const { report } = goldenReport();
    const same = (change: Change): Change => ({ ...change, direction: 'same' });
    const findings = report.findings.map((one) => ({ ...one, changes: one.changes.map(same) }));
    const { changes } = pageOf(withReport(goldenReport(), { findings }));
    expect([changes!.rows, changes!.sentence]).toEqual([
      [],
      'Of 4 rates compared with the baseline none changed by more than chance.',
    ]);
  });

  test('is one sentence and no heading where the config names none', () => {
    expect(pageOf(passedReport()).changes).toBeNull();
    const html = render(passedReport());
    expect(html).toContain('The config names no baseline');
    expect(html).not.toContain('id="changes"');
  });

  test('says whether the model is the same', () => {
    const golden = goldenReport();
    const { target, baseline } = golden.report;
    const same = { ...baseline!, target: { name: target!.name, digest: target!.digest } };
    const facts = (input: ReportInput) => pageOf(input).changes!.facts.map(({ values }) => values.at(-1)!.text);
    expect(facts(golden)).toContain('not the model of this run');
    expect(facts(withReport(golden, { baseline: same }))).toContain('the model of this run');
  });
});

describe('clauses', () => {
  const [framework, { short, clauses }] = Object.entries(clauseMap().frameworks)[0]!;
  const [clause, about] = Object.entries(clauses)[0]!;
  const html = render(
    withFindings(finding('evasion/pgd', { frameworks: { [framework]: [clause, '999(9)'], 'own-rules': ['R1'] } })),
  );

  test('are named with what they are about', () => {
    expect(html).toContain('Evidence toward');
    expect(html).toContain(`<bdi>${short}</bdi>`);
    expect(html).toContain(about.slice(0, 20));
  });

  test('keep their ids where the map does not know them', () => {
    for (const id of ['999(9)', 'own-rules', 'R1']) expect(html).toContain(id);
  });
});

test('indices instead of samples: no picture, no token and no label of a sample is on the page', () => {
  const [shown, hidden] = [render(goldenReport()), render(idsReport())];
  const [pictures, tokens] = [/data:image\/png/g, /class="token /g];
  expect(shown.match(pictures)!.length).toBeGreaterThan(10);
  expect(shown).toMatch(tokens);
  expect(hidden).not.toMatch(pictures);
  expect(hidden).not.toMatch(tokens);
  expect(hidden).not.toContain('counterexamples/');
  expect(hidden).toContain('In the data set: 3, 10, 17, 24, 31, 38.');
});

test('a report of version 1 is rendered after its upgrade', () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(packageRoot(), 'fixtures/reports', name), 'utf8')) as object;
  const report = upgraded(read('report-1.json')) as Report;
  const html = render({ report, timings: read('timings-1.json') as Timings, readFile: () => null, language: 'en' });
  expect(html).toContain(report.target!.name);
  for (const { audit } of report.findings) expect(html).toContain(`<bdi>${audit}</bdi>`);
});

describe('more findings than a page can show', () => {
  const input = largeReport(620, 0);
  const page = pageOf(input);
  const shown = page.areas.flatMap(({ findings }) => findings);

  test('the most important ones are shown in full, all of them as rows, and the page says so', () => {
    expect(shown).toHaveLength(500);
    expect(page.glance!.rows).toHaveLength(620);
    expect(page.glance!.rest).toMatch(/620 findings: the 500 that matter most .*report\.json.*findings\.csv/);
    const failed = input.report.findings.filter(({ status }) => status === 'fail').length;
    expect(shown.filter(({ mark }) => mark.word === 'failed')).toHaveLength(failed);
    expect(page.areas.filter(({ rest }) => rest !== null).length).toBeGreaterThan(0);
  });

  test('what is only a row has its anchor there', () => {
    const anchors = new Set(shown.map(({ id }) => id));
    for (const { id, href } of page.glance!.rows) {
      expect((id === null) !== (href === null)).toBe(true);
      if (id !== null) expect(anchors.has(id)).toBe(false);
    }
  });
});

describe('model, policy and provenance', () => {
  const { provenance } = pageOf(goldenReport());
  const factsOf = ({ facts }: typeof provenance) =>
    new Map(facts.map(({ term, values }) => [term, values.map(({ text }) => text).join(' ')]));

  test('hold what a report of version 2 says', () => {
    const facts = factsOf(provenance);
    expect(facts.get('Config')).toBe('assay.config.json');
    expect(facts.get('Policy file')).toBe('assay.policy.json');
    expect(facts.get('Accepted failures')).toBe('2 low');
    expect(facts.get('Regression')).toMatch(/^any rate that is lower/);
    expect(facts.get('Language of the run')).toBe('English');
    expect(facts.get('Clauses as of')).toBe(clauseMap().date);
  });

  test('say nothing about regression where there is no baseline, nor of accepted failures where there are none', () => {
    const facts = factsOf(pageOf(passedReport()).provenance);
    expect([facts.has('Regression'), facts.has('Accepted failures')]).toEqual([false, false]);
  });
});

test('a rule about no finding is its sentence', () => {
  const gate = {
    passed: false,
    exitCode: 2 as const,
    rules: [{ holds: false, cell: null, sentence: 'target/accuracy does not hold.' }],
  };
  const [rule] = pageOf(withReport(passedReport(), { gate })).banner.deciding.rules;
  expect(rule).toMatchObject({ mark: { word: 'does not hold' }, title: null, measured: null });
  expect(rule!.notes[0]!.text).toBe('target/accuracy does not hold.');
});

test('numbers are read in the page’s language, with the same digits', () => {
  const input = withFindings(finding('evasion/pgd', { measures: [rateMeasure('Robust accuracy', 0.041, 0.6)] }));
  const [row] = pageOf({ ...input, language: 'de' }).glance!.rows;
  expect([plain(row!.value!), plain(row!.interval!), row!.n]).toEqual(['4.1 %', '3.0 bis 5.5 %', '1,000']);
});
