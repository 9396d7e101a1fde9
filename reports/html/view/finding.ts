import { shortDigest } from '#base/digest';
import { canonicalJson } from '#base/json';
import { clauseName, namedClauses } from '#report/clauses';
import type { Finding } from '#report/report';
import { measureCells } from '../../measure.js';
import { isOpen, statusOf, verdictOf } from '../../status.js';
import type { PageContext } from './context.js';
import { figureOf } from './figures.js';
import { titleOf } from './rules.js';
import type { FindingView } from './schema.js';
import { holdsMark, markOf, metMark, setterOf } from './words.js';

export function findingView(finding: Finding, context: PageContext): FindingView {
  const { words, write, language } = context;
  const status = statusOf(finding);
  const texts = language === 'en' ? undefined : finding.texts[language];
  const audit = write.name(finding.audit);
  const cell = write.name(shortDigest(finding.cell));
  return {
    id: context.anchors.get(finding.cell) ?? 'finding',
    mark: markOf(status, words),
    open: isOpen(status),
    title: titleOf(finding, context),
    claim: write.sentence(finding.claim),
    audit,
    severity: words.severityOf(words.severity[finding.severity]),
    evidenceFor: words.findings.evidenceFor(audit, cell),
    aboutFor: words.findings.aboutFor(audit, cell),
    reasons: finding.reasons.map((reason) => write.sentence(reason)),
    waiver: waiver(finding, context),
    measures: measures(finding, context),
    signs: finding.signs.map((sign) => ({
      mark: holdsMark(sign.holds, words),
      sentence: write.sentence(sign.sentence),
    })),
    figures: finding.details.map((detail) => figureOf(detail, context)),
    advice: finding.status === 'fail' ? advice(finding, texts?.advice, context) : [],
    command: write.sentence(finding.command).text,
    place: place(finding, context),
    clauses: clauses(finding, context),
    about: {
      description: write.translated(finding.description, texts?.description),
      sources: finding.sources.map((source) => write.sentence(source)),
      cell,
      options: optionLines(finding.options, words.findings.noOptions).join('\n'),
    },
  };
}

function waiver(finding: Finding, { words, write }: PageContext): FindingView['waiver'] {
  if (finding.waiver === null) return null;
  const { reason, owner, expires } = finding.waiver;
  return {
    verdict: markOf(verdictOf(finding), words),
    until: words.findings.waivedUntil(write.name(expires), write.name(owner)),
    // Whoever wrote the policy chose its language, which the report does not know.
    reason: write.own(reason),
  };
}

function advice({ advice: english }: Finding, translation: string | undefined, { write }: PageContext) {
  return translation === undefined
    ? lines(english).map((line) => write.sentence(line))
    : lines(translation).map((line) => write.own(line));
}

function place({ place: at }: Finding, { words, write, report }: PageContext): string | null {
  return at === null ? null : words.findings.placeOf(write.name(report.provenance.config), at.line, at.column);
}

/** What the map says of clauses is English, as are most of their sources. */
function clauses({ frameworks }: Finding, { write }: PageContext): FindingView['clauses'] {
  return namedClauses(frameworks).map(({ id, framework, clauses: named }) => ({
    framework: write.english(framework?.short ?? id),
    version: framework === null ? null : write.english(framework.version),
    clauses: named.map((clause) => ({
      id: write.english(clauseName(framework, clause.id)),
      about: clause.about === null ? null : write.sentence(clause.about),
    })),
  }));
}

function measures(finding: Finding, context: PageContext): FindingView['measures'] {
  const { words, write, units } = context;
  if (finding.measures.length === 0) return null;
  const { id, label } = context.numbers.table();
  return {
    id,
    label,
    rows: finding.measures.map((measure) => {
      const { holds, ...cells } = measureCells(measure, units, words);
      return {
        ...cells,
        label: write.english(cells.label),
        setBy: cells.setBy === null ? null : setterOf(cells.setBy, words, write),
        outcome: holds === null ? null : metMark(holds, words),
      };
    }),
    methods: methodsInWords(finding, context),
  };
}

function methodsInWords({ measures: all }: Finding, { words, write }: PageContext): string | null {
  const methods = new Set(all.flatMap(({ interval }) => (interval === null ? [] : [write.name(interval.method)])));
  if (methods.size === 0) return null;
  const compares = all.some(
    ({ interval, threshold }) =>
      threshold !== null && (threshold.compared === interval?.low || threshold.compared === interval?.high),
  );
  const sentence = words.findings.methods(words.list([...methods]));
  return compares ? words.sentences([sentence, words.findings.pessimistic]) : sentence;
}

/** One option a line, its value as JSON. */
function optionLines(options: unknown, none: string): string[] {
  if (typeof options !== 'object' || options === null) return [none];
  const entries = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? [none] : entries.map(([key, value]) => `${key}: ${canonicalJson(value ?? null)}`);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
