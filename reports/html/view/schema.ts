import { Type, type Static } from '@sinclair/typebox';
import { SEVERITIES } from '#report/report';
import { closed } from './chart-schema.js';
import { DataTable, Figure } from './figure-schema.js';

/**
 * All that the templates read, ready to be printed: words and formatted numbers, nothing to decide. Validated before
 * every rendering, because a template engine turns what is missing into silence.
 */

const Text = Type.String();
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const OneOf = <const T extends readonly string[]>(...values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values });
const Anchor = Type.String({ pattern: '^#[a-z0-9-]+$' });
const Id = Type.String({ pattern: '^[a-z0-9-]+$' });

const Mark = closed({
  word: Type.String({ minLength: 1 }),
  shape: Type.String({ minLength: 1 }),
  tone: OneOf('passed', 'failed', 'inconclusive', 'waived', 'muted'),
});

const Fact = closed({ term: Text, values: Type.Array(Text, { minItems: 1 }), code: Type.Boolean() });
const Rule = closed({ mark: Mark, sentence: Text, href: Nullable(Anchor) });

const Banner = closed({
  mark: Mark,
  model: Text,
  decision: Text,
  sentence: Text,
  facts: Type.Array(Fact),
  deciding: closed({ heading: Text, rules: Type.Array(Rule), empty: Nullable(Text) }),
  more: Nullable(closed({ heading: Text, rules: Type.Array(Rule) })),
});

const Matrix = closed({
  severities: Type.Array(OneOf(...SEVERITIES)),
  rows: Type.Array(
    closed({
      area: Text,
      href: Anchor,
      cells: Type.Array(Type.Array(closed({ mark: Mark, count: Text, href: Anchor }))),
    }),
  ),
});

const Glance = closed({
  mark: Mark,
  href: Anchor,
  title: Text,
  audit: Text,
  severity: OneOf(...SEVERITIES),
  measure: Nullable(Text),
  value: Nullable(Text),
  interval: Nullable(Text),
  n: Nullable(Text),
  threshold: Nullable(Text),
  setBy: Nullable(Text),
  signs: Nullable(Text),
});

const MeasureRow = closed({
  label: Text,
  value: Nullable(Text),
  interval: Nullable(Text),
  n: Nullable(Text),
  threshold: Nullable(Text),
  setBy: Nullable(Text),
  compared: Nullable(Text),
  outcome: Nullable(Mark),
});

const Finding = closed({
  id: Id,
  mark: Mark,
  open: Type.Boolean(),
  title: Text,
  claim: Text,
  audit: Text,
  cell: Text,
  severity: OneOf(...SEVERITIES),
  reasons: Type.Array(Text),
  waiver: Nullable(closed({ verdict: Mark, reason: Text, owner: Text, expires: Text })),
  measures: Nullable(
    closed({ name: Text, caption: Text, rows: Type.Array(MeasureRow, { minItems: 1 }), methods: Nullable(Text) }),
  ),
  signs: Type.Array(closed({ mark: Mark, sentence: Text })),
  figures: Type.Array(Figure),
  advice: Type.Array(Text),
  command: Text,
  clauses: Type.Array(closed({ framework: Text, ids: Text })),
  about: closed({ description: Text, sources: Type.Array(Text), options: Text }),
});

const Area = closed({ id: Id, title: Text, tally: Text, findings: Type.Array(Finding) });

const Card = closed({
  title: Nullable(Text),
  facts: Type.Array(Fact),
  tables: Type.Array(DataTable),
  notes: Type.Array(Text),
});

/** A titled part of the page that holds cards, or the sentence that says why it holds none. */
const Cards = closed({ cards: Type.Array(Card), empty: Nullable(Text) });

const Contents = closed({
  href: Anchor,
  label: Text,
  findings: Type.Array(closed({ href: Anchor, mark: Mark, label: Text })),
  more: Nullable(Text),
});

export const Page = closed({
  title: Text,
  /** The model's digest in hexadecimal, or empty: the footer on paper. */
  digest: Type.String({ pattern: '^[0-9a-f]*$' }),
  contents: Type.Array(Contents),
  banner: Banner,
  matrix: Matrix,
  glance: Type.Array(Glance),
  areas: Type.Array(Area),
  noFindings: Nullable(Text),
  target: Cards,
  data: Cards,
  threats: closed({ sentences: Type.Array(Text), empty: Nullable(Text) }),
  notTested: closed({ items: Type.Array(closed({ what: Text, because: Text })), empty: Nullable(Text) }),
  provenance: Card,
  tool: Text,
});

export type Page = Static<typeof Page>;
export type Mark = Static<typeof Mark>;
export type Fact = Static<typeof Fact>;
export type Rule = Static<typeof Rule>;
export type Card = Static<typeof Card>;
export type Cards = Static<typeof Cards>;
export type MatrixView = Static<typeof Matrix>;
export type GlanceRow = Static<typeof Glance>;
export type FindingView = Static<typeof Finding>;
export type AreaView = Static<typeof Area>;
export type ContentsEntry = Static<typeof Contents>;
export type BannerView = Static<typeof Banner>;
