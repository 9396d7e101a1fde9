import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import type { DataCard, DeclaredValue, Finding, Report, TargetCard, Timings } from '#report/report';
import { counted, epsilonUnits, formatCount, formatTime } from '../format.js';
import { gateSentence, gateStatus, tallyInWords } from '../status.js';
import { frontMatter } from './front-matter.js';
import { limitsOf } from './limits.js';
import {
  coded,
  columns,
  dataTable,
  filesTable,
  list,
  named,
  numberInWords,
  numbersTable,
  sentence,
  some,
  table,
  TO_BE_SUPPLIED,
} from './tables.js';

/** After Mitchell et al. 2019, Model Cards for Model Reporting, arXiv:1810.03993: its sections, in its order. */
export const modelCardReporter = defineReporter({
  id: 'model-card',
  file: 'model-card.md',
  description: 'A model card with the metadata that Hugging Face reads, for those who publish or use the model.',
  render: modelCard,
});

interface Section {
  readonly title: string;
  /** Paragraphs, lists and tables; empty ones are left out. */
  readonly parts: readonly string[];
}

function modelCard({ report, timings }: ReportInput): string {
  const sections = [
    modelDetails(report, timings),
    intendedUse(),
    factors(report),
    metrics(report),
    evaluationData(report),
    trainingData(report),
    quantitativeAnalyses(report),
    ethicalConsiderations(report),
    caveats(report),
    provenance(report),
    leftToTheProvider(),
  ];
  const body = [
    `# Model card: ${named(report.target?.name ?? 'no model was audited')}`,
    'Written from the report of an audit. It says only what was measured or read from files; what only the provider of the model knows is marked.',
    ...sections.flatMap(({ title, parts }) => [`## ${title}`, ...parts.filter((part) => part !== '')]),
  ];
  return `${frontMatter(report)}\n${body.join('\n\n')}\n`;
}

function modelDetails({ target, tool }: Report, timings: Timings): Section {
  const date = formatTime(timings.finished);
  const audited = `Audited${date === null ? '' : ` ${date}`} by Assay ${named(tool.version)}.`;
  return {
    title: 'Model details',
    parts: [
      ...(target === null ? ['No model was opened.'] : [list(targetFacts(target)), filesTable(target.files)]),
      audited,
      list(['Developed by', 'Date of the model', 'Kind of model', 'Papers', 'Licence', 'Contact'].map(supplied)),
    ],
  };
}

function targetFacts(target: TargetCard): string[] {
  const { domain, head, labels } = target;
  const range = domain.range === null ? [] : [`values from ${domain.range[0]} to ${domain.range[1]}`];
  const normalized = domain.mean.length === 0 ? [] : [`mean ${some(domain.mean.map(String))}`];
  const scaled = domain.std.length === 0 ? [] : [`standard deviation ${some(domain.std.map(String))}`];
  return [
    `Name: ${named(target.name)}`,
    `Version, by digest: ${coded(target.digest)}`,
    ...(target.format === undefined ? [] : [`Format: ${named(target.format)}`]),
    ...(target.opset == null ? [] : [`ONNX opset: ${target.opset}`]),
    `Input: ${[named(domain.kind), `shape ${domain.shape.join(' x ')}`, ...range, ...normalized, ...scaled].join(', ')}`,
    ...(target.input === undefined ? [] : [`Input as the file declares it: ${declared(target.input)}`]),
    `Output: ${named(head.kind)}, ${counted(head.outputs, 'value')}, ${named(head.scale)}`,
    ...(target.output === undefined ? [] : [`Output as the file declares it: ${declared(target.output)}`]),
    ...(labels === null ? [] : [`Labels: ${some(labels.map(named))}`]),
    `Executed by: ${named(target.engine)} on ${named(target.device)}`,
  ];
}

function declared({ name, type, shape }: DeclaredValue): string {
  return `${named(name)}, ${named(type)}, shape ${some(shape.map((size) => named(String(size ?? 'any'))))}`;
}

function intendedUse(): Section {
  return {
    title: 'Intended use',
    parts: [list(['Primary intended uses', 'Primary intended users', 'Uses that are out of scope'].map(supplied))],
  };
}

function factors({ findings, data }: Report): Section {
  const groups = data.flatMap((card) => columnsWith(card, ['group']));
  const audits = findings.filter(({ area }) => area === 'subgroups');
  return {
    title: 'Factors',
    parts: [
      list([
        supplied('Relevant factors'),
        `Evaluation factors, as columns of groups in the data: ${some(groups)}.`,
        audits.length === 0
          ? 'No finding of the audit is about subgroups.'
          : `Findings about subgroups: ${tallyInWords(audits)}.`,
      ]),
    ],
  };
}

function metrics({ target, findings, policy }: Report): Section {
  const { accuracy = null } = target ?? {};
  const methods = new Set(
    findings.flatMap(({ measures }) =>
      measures.flatMap(({ interval }) => (interval === null ? [] : [interval.method])),
    ),
  );
  const clean = accuracy === null ? 'not measured' : numberInWords(accuracy, epsilonUnits(target));
  return {
    title: 'Metrics',
    parts: [
      list([
        `Clean accuracy: ${clean}.`,
        `Decision thresholds: policy ${named(policy.preset)}, digest ${coded(policy.digest)}, at least ${formatCount(policy.minimumSamples)} samples for a verdict. Each threshold stands beside its number below.`,
        `Variation: 95 % intervals by ${some([...methods].map(named))}. Where a rate is compared with a threshold, the end of the interval that is worse for the model is compared.`,
        'Rates are fractions from 0 to 1 in the metadata of this card, and percentages in its text.',
        'The metadata lists numbers of findings that passed or failed. Numbers of inconclusive findings stand only below: they are no statement about the model.',
        supplied('Why these metrics fit the intended use'),
      ]),
    ],
  };
}

function evaluationData({ data }: Report): Section {
  const cards = data.filter(({ role }) => role !== 'train');
  return {
    title: 'Evaluation data',
    parts: [
      cards.length === 0 ? 'The audit read no evaluation data.' : dataTable(cards),
      list(['Motivation', 'Preprocessing before the files above'].map(supplied)),
    ],
  };
}

function trainingData({ data }: Report): Section {
  const cards = data.filter(({ role }) => role === 'train');
  return {
    title: 'Training data',
    parts: [
      TO_BE_SUPPLIED,
      ...(cards.length === 0
        ? ['The audit was given no training data.']
        : [
            'The audit was given the following as training data. That the model was trained on it was not verified.',
            dataTable(cards),
          ]),
    ],
  };
}

function quantitativeAnalyses(report: Report): Section {
  const { findings } = report;
  const nameOf = ({ audit }: Finding) => coded(audit);
  return {
    title: 'Quantitative analyses',
    parts: [
      gateSentence(report),
      ...(findings.length === 0 ? [] : [numbersTable(report, nameOf)]),
      list([supplied('Intersectional results')]),
    ],
  };
}

function ethicalConsiderations({ data }: Report): Section {
  const personal = data.flatMap((card) => columnsWith(card, ['sensitive', 'quasi-identifier', 'identifier']));
  return {
    title: 'Ethical considerations',
    parts: [
      TO_BE_SUPPLIED,
      ...(personal.length === 0
        ? []
        : [`The audit's data declares these columns as identifying or sensitive: ${some(personal)}.`]),
    ],
  };
}

function columnsWith({ columns: all }: DataCard, roles: readonly string[]): string[] {
  return all.filter(({ role }) => roles.includes(role)).map(({ name, role }) => `${named(name)} (${named(role)})`);
}

function caveats(report: Report): Section {
  const { shape, word } = gateStatus(report);
  const failed = report.gate.rules.filter(({ holds }) => !holds);
  const advice = report.findings.filter(({ status, advice: text }) => status === 'fail' && text !== '');
  return {
    title: 'Caveats and recommendations',
    parts: [
      `Decision of the gate under the policy: ${shape} ${word}.`,
      listed(
        'Rules that do not hold:',
        failed.map((rule) => `Rule: ${sentence(rule.sentence)}`),
      ),
      listed(
        'What keeps these numbers from saying more:',
        limitsOf(report).flatMap(({ kind, sentences }) => sentences.map((text) => `${kind}: ${sentence(text)}`)),
      ),
      listed(
        'Adversaries whom the audit assumed:',
        report.threatModel.map((threat) => `Threat: ${sentence(threat.sentence)}`),
      ),
      listed(
        'Recommendations:',
        advice.map((finding) => `For ${coded(finding.audit)}: ${sentence(finding.advice)}`),
      ),
    ],
  };
}

function provenance({ provenance: { command, seed, configDigest, planDigest, versions } }: Report): Section {
  return {
    title: 'How to repeat the audit',
    parts: [
      table(columns('What', 'Value'), [
        ['Command', coded(command)],
        ['Seed', coded(String(seed))],
        ['Digest of the config', coded(configDigest)],
        ['Digest of the plan', coded(planDigest)],
        ...Object.entries(versions)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, version]) => [`Version of ${named(name)}`, coded(version)]),
      ]),
    ],
  };
}

function leftToTheProvider(): Section {
  return {
    title: 'To be filled in by the provider',
    parts: [
      'The report of an audit does not know what these fields of the metadata hold:',
      list([
        '`license`',
        '`language`',
        '`base_model`',
        '`datasets`',
        '`source` of each result: where the report is published',
      ]),
      "Each line above that is marked as the provider's is to be replaced.",
    ],
  };
}

function listed(title: string, entries: readonly string[]): string {
  return entries.length === 0 ? '' : `${title}\n\n${list(entries)}`;
}

function supplied(what: string): string {
  return `${what}: ${TO_BE_SUPPLIED}`;
}
