import { ANONYMIZATION_VERSION, type AnonymizationCertificate, type ReidentificationRisk } from '#report/anonymization';
import { epsilonUnits, formatCount, formatPercent } from '../../format.js';
import { wordsOf } from '../language/languages.js';
import { AnonymizationPage } from './anonymization-schema.js';
import { Numbers, type FigureContext } from './context.js';
import { printable } from './explain-provenance.js';
import type { DataTable } from './figure-schema.js';
import { figureOf } from './figures.js';
import { picturesOf } from './pictures.js';
import type { Card, Mark } from './schema.js';
import { dataTable, wordColumns, type Cell } from './tables.js';
import { validatedAs } from './validate.js';
import { codeFact, fact, metMark } from './words.js';
import { Writer } from './writer.js';

/** The page of a certificate, in English. */
export function anonymizationView(certificate: AnonymizationCertificate): AnonymizationPage {
  const context = contextOf(certificate);
  const { write, words } = context;
  const name = write.name(certificate.table.files[0]?.name ?? 'The table');
  const page: AnonymizationPage = {
    title: `${name} · Assay certificate of a protected table`,
    digest: /^[0-9a-f]{12}/.exec(certificate.output?.sha256 ?? '')?.[0] ?? '',
    mark: markOf(certificate),
    heading: headingOf(certificate, name),
    lead: leadOf(certificate, context),
    facts: factsOf(certificate, context),
    checks: certificate.checks.map(({ model, holds, sentence }) => ({
      mark: metMark(holds, words),
      model: write.english(model),
      sentence: write.sentence(sentence),
    })),
    // Tables are numbered in the order in which they are made, which is that of the page.
    risk: riskTable(certificate, context),
    undeclared: {
      sentences: certificate.undeclared.map(({ sentence }) => write.sentence(sentence)),
      empty:
        certificate.undeclared.length === 0
          ? 'No column without a role looks as if it named a person or as if others knew it, and no three of them tell half of the records apart.'
          : null,
    },
    utility: utilityTable(certificate, context),
    figures: certificate.details.map((detail) => figureOf(detail, context)),
    columns: columnTable(certificate, context),
    hierarchies: hierarchyTable(certificate, context),
    method: methodCard(certificate, context),
    provenance: provenanceOf(certificate, context),
    colophon: `Written by assay ${write.name(certificate.tool.version)}, certificate version ${ANONYMIZATION_VERSION}, from \`certificate.json\`. A privacy model bounds what it names and nothing else; that a table meets it is evidence toward anonymity, and no proof that nobody can be found.`,
  };
  return validatedAs(AnonymizationPage, printable(page), 'anonymization.html');
}

function contextOf({ details }: AnonymizationCertificate): FigureContext {
  const words = wordsOf('en');
  const units = epsilonUnits(null);
  return {
    words,
    units,
    write: new Writer(words, units),
    pictures: picturesOf([{ details }], () => null, words.figures),
    numbers: new Numbers(words),
    samples: 'ids',
  };
}

function markOf({ refused }: AnonymizationCertificate): Mark {
  return refused === null
    ? { word: 'written', shape: '✓', tone: 'passed' }
    : { word: 'not written', shape: '✕', tone: 'failed' };
}

function headingOf({ refused }: AnonymizationCertificate, name: string): string {
  return refused === null ? `A protected copy of ${name}` : `No protected copy of ${name} was written`;
}

function leadOf({ refused, policy, risk }: AnonymizationCertificate, { write }: FigureContext): string {
  if (refused !== null) return write.sentence(refused).text;
  const models = policy.models.map((model) => write.name(model)).join(', ');
  const { after, before } = risk;
  const suppressed =
    after === null ? '' : ` ${formatCount(after.suppressed)} of ${formatCount(before.records)} records are suppressed.`;
  return `The file as it was written and read back meets ${models}.${suppressed}`;
}

function factsOf(
  { table, output, policy }: AnonymizationCertificate,
  { write }: FigureContext,
): AnonymizationPage['facts'] {
  return [
    fact('Policy', ...policy.models.map((model) => write.english(model))),
    fact('At most suppressed', formatPercent(policy.suppression)),
    codeFact('Table sha256', (table.files[0]?.sha256 ?? table.digest).slice(0, 12)),
    codeFact('Protected table sha256', output === null ? 'none' : output.sha256.slice(0, 12)),
  ];
}

type RiskRow = readonly [label: string, of: (risk: ReidentificationRisk) => string | null];

const share = (value: number) => formatPercent(value);
const RISKS: readonly RiskRow[] = [
  ['Records', ({ records }) => formatCount(records)],
  ['Records suppressed', ({ suppressed }) => formatCount(suppressed)],
  ['Classes of equal quasi-identifiers', ({ classes }) => formatCount(classes)],
  ['Smallest class', ({ smallestClass }) => formatCount(smallestClass)],
  ['Records that no other agrees with', ({ uniques }) => formatCount(uniques)],
  ['Prosecutor risk, highest', ({ prosecutor }) => share(prosecutor.highest)],
  ['Prosecutor risk, average over records', ({ prosecutor }) => share(prosecutor.average)],
  ['Journalist risk, highest', ({ journalist }) => (journalist === null ? null : share(journalist.highest))],
  [
    'Journalist risk, average over records',
    ({ journalist }) => (journalist === null ? null : share(journalist.average)),
  ],
  ['Marketer risk', ({ marketer }) => (marketer === null ? null : share(marketer))],
  [
    'Unique in the population',
    ({ populationUniques }) => (populationUniques?.share == null ? null : share(populationUniques.share)),
  ],
];

function riskTable({ risk: { before, after } }: AnonymizationCertificate, context: FigureContext): DataTable {
  const rows = RISKS.filter(([, of]) => of(before) !== null);
  const because =
    before.populationUniques === null ? [] : [`Unique in the population before: ${before.populationUniques.because}`];
  return dataTable(
    context,
    {
      title: 'How likely somebody in the table is found again',
      empty: 'No risk was measured.',
      note: context.write.own(
        [
          'The prosecutor knows that the person is in the table: the risk of a record is 1 / size of its class. The journalist knows only that the person is in the population. The marketer tries everybody: the risk is the expected share that is found. Suppressed records are in no class.',
          ...because,
        ].join(' '),
      ),
    },
    beforeAndAfter(),
    rows,
    ([label, of]) => [label, of(before), after === null ? null : of(after)],
  );
}

function beforeAndAfter() {
  return [
    { label: 'Measure', numeric: false },
    { label: 'Before', numeric: true },
    { label: 'After', numeric: true },
  ];
}

function utilityTable({ utility }: AnonymizationCertificate, context: FigureContext): DataTable {
  const { write } = context;
  const inPrint = (value: number | null, format: 'rate' | 'number' | 'count') =>
    value === null ? null : write.value(value, format);
  return dataTable(
    context,
    { title: 'What it cost', empty: 'Nothing was measured: no table was made.' },
    [...beforeAndAfter(), ...wordColumns('Note')],
    utility,
    ({ label, format, before, after, note }): readonly Cell[] => [
      write.english(label),
      inPrint(before, format),
      inPrint(after, format),
      note === null ? null : write.sentence(note),
    ],
  );
}

function columnTable({ columns }: AnonymizationCertificate, context: FigureContext): DataTable {
  const { write } = context;
  return dataTable(
    context,
    { title: 'What was done to each column', empty: 'The table has no columns.' },
    wordColumns('Column', 'Type', 'Role', 'Suggested by its values', 'Treatment'),
    columns,
    ({ name, type, role, suggested, what }) => [
      write.name(name),
      type,
      role,
      suggested === null ? null : write.sentence(suggested),
      write.sentence(what),
    ],
  );
}

function hierarchyTable({ hierarchies }: AnonymizationCertificate, context: FigureContext): DataTable {
  const { write } = context;
  return dataTable(
    context,
    { title: 'Hierarchies', empty: 'No hierarchy was used.' },
    [
      ...wordColumns('Column', 'From'),
      { label: 'Levels', numeric: true },
      { label: 'Leaves', numeric: true },
      ...wordColumns('sha256'),
    ],
    hierarchies,
    ({ column, source, sha256, levels, leaves }) => [
      write.name(column),
      write.name(source),
      formatCount(levels),
      formatCount(leaves),
      sha256?.slice(0, 12) ?? null,
    ],
  );
}

function methodCard({ method }: AnonymizationCertificate, { write }: FigureContext): Card {
  return {
    title: null,
    facts: [
      fact('Algorithm', write.english(method.name)),
      fact('Optimal', method.optimal ? 'yes: proved, of its kind and by its metric' : 'not proved'),
      ...Object.entries(method.facts).map(([term, value]) =>
        fact(write.name(term), typeof value === 'number' ? write.number(value) : write.name(String(value ?? 'none'))),
      ),
    ],
    tables: [],
    notes: [],
  };
}

function provenanceOf(certificate: AnonymizationCertificate, { write }: FigureContext): Card {
  const { table, population, output, config, versions, seed, command, repeatable } = certificate;
  return {
    title: null,
    facts: [
      codeFact('Command', command),
      codeFact('Seed', String(seed)),
      ...table.files.map(({ sha256 }) => codeFact('Table sha256', sha256)),
      ...(population?.files ?? []).map(({ sha256 }) => codeFact('Population sha256', sha256)),
      ...(output === null ? [] : [codeFact('Protected table sha256', output.sha256)]),
      codeFact('Config', write.name(config.file)),
      codeFact('Digest of the config', config.digest),
      fact(
        'Versions',
        Object.entries(versions)
          .map(([what, version]) => `${what} ${version}`)
          .join(', '),
      ),
    ],
    tables: [],
    notes: [
      write.own(
        repeatable
          ? 'The same table, config and seed give the same bytes; what may differ is in `timings.json`. No value of a record stands on this page.'
          : 'Which records were sampled was drawn by secret numbers, so another run gives another table. This page counts exactly: it is no part of what may be released.',
      ),
    ],
  };
}
