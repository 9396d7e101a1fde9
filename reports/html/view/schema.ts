import { Type, type Static } from '@sinclair/typebox';
import { closed } from './chart-schema.js';
import { DataTable, Figure } from './figure-schema.js';
import { Phrase } from './phrase-schema.js';

/**
 * All that the templates read beside the page's dictionary, ready to be printed: words and formatted numbers, nothing to
 * decide. Validated before every rendering, because a template engine turns what is missing into silence.
 */

const Text = Type.String();
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const OneOf = <const T extends readonly string[]>(...values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))));
const Anchor = Type.String({ pattern: '^#[a-z0-9-]+$' });
const Id = Type.String({ pattern: '^[a-z0-9-]+$' });

export const Mark = closed({
  word: Type.String({ minLength: 1 }),
  shape: Type.String({ minLength: 1 }),
  tone: OneOf('passed', 'failed', 'inconclusive', 'waived', 'muted'),
});

export const Fact = closed({ term: Text, values: Type.Array(Phrase, { minItems: 1 }), code: Type.Boolean() });

/** A finding by its title and its number; the sentence of the rule, as a note, where it has none or is about no finding. */
const Rule = closed({
  mark: Mark,
  title: Nullable(closed({ phrase: Phrase, href: Anchor })),
  measured: Nullable(closed({ label: Phrase, number: Text, setBy: Nullable(Phrase) })),
  /** Why it is not decided, and what waives it. */
  notes: Type.Array(Phrase),
});

const Rules = closed({ heading: Text, rules: Type.Array(Rule), rest: Nullable(Text) });

const Banner = closed({
  mark: Mark,
  /** The subject of the decision; null where no model was opened, and the decision is a sentence. */
  model: Nullable(Text),
  decision: Text,
  sentence: Text,
  facts: Type.Array(Fact),
  deciding: Rules,
  more: Nullable(Rules),
});

const Changes = closed({
  facts: Type.Array(Fact),
  sentence: Text,
  rows: Type.Array(
    closed({
      mark: Mark,
      href: Anchor,
      title: Phrase,
      label: Phrase,
      values: Text,
      counts: Text,
      test: Phrase,
      p: Text,
    }),
  ),
  rest: Nullable(Text),
});

const Matrix = closed({
  id: Id,
  label: Text,
  severities: Type.Array(Text),
  rows: Type.Array(
    closed({
      area: Text,
      href: Anchor,
      cells: Type.Array(Type.Array(closed({ mark: Mark, count: Text, href: Anchor }))),
    }),
  ),
});

const Glance = closed({
  id: Id,
  label: Text,
  rows: Type.Array(
    closed({
      mark: Mark,
      /** Of the finding's evidence, or null where this row is all that the page says of it: then it has the anchor. */
      href: Nullable(Anchor),
      id: Nullable(Id),
      audit: Text,
      severity: Text,
      measure: Nullable(Phrase),
      value: Nullable(Text),
      interval: Nullable(Text),
      n: Nullable(Text),
      threshold: Nullable(Text),
      setBy: Nullable(Phrase),
      signs: Nullable(Text),
    }),
  ),
  rest: Nullable(Text),
});

const MeasureRow = closed({
  label: Phrase,
  value: Nullable(Text),
  interval: Nullable(Text),
  n: Nullable(Text),
  threshold: Nullable(Text),
  setBy: Nullable(Phrase),
  compared: Nullable(Text),
  outcome: Nullable(Mark),
});

const Finding = closed({
  id: Id,
  mark: Mark,
  open: Type.Boolean(),
  title: Phrase,
  claim: Phrase,
  audit: Text,
  severity: Text,
  evidenceFor: Text,
  aboutFor: Text,
  reasons: Type.Array(Phrase),
  waiver: Nullable(closed({ verdict: Mark, until: Text, reason: Phrase })),
  measures: Nullable(
    closed({ id: Id, label: Text, rows: Type.Array(MeasureRow, { minItems: 1 }), methods: Nullable(Text) }),
  ),
  signs: Type.Array(closed({ mark: Mark, sentence: Phrase })),
  figures: Type.Array(Figure),
  advice: Type.Array(Phrase),
  command: Text,
  place: Nullable(Text),
  clauses: Type.Array(
    closed({
      framework: Phrase,
      version: Nullable(Phrase),
      clauses: Type.Array(closed({ id: Phrase, about: Nullable(Phrase) })),
    }),
  ),
  about: closed({ description: Phrase, sources: Type.Array(Phrase), cell: Text, options: Text }),
});

const Area = closed({
  id: Id,
  title: Text,
  tally: Text,
  findings: Type.Array(Finding),
  rest: Nullable(Text),
});

export const Card = closed({
  title: Nullable(Text),
  facts: Type.Array(Fact),
  tables: Type.Array(DataTable),
  notes: Type.Array(Phrase),
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
  /** Null where the config names no baseline. */
  changes: Nullable(Changes),
  matrix: Nullable(Matrix),
  glance: Nullable(Glance),
  areas: Type.Array(Area),
  target: Cards,
  data: Cards,
  threats: Type.Array(Phrase),
  notTested: Type.Array(closed({ what: Phrase, because: Phrase })),
  unnamed: Nullable(closed({ audits: Type.Array(Text), because: Text })),
  provenance: Card,
  colophon: Text,
});

export type Page = Static<typeof Page>;
export type Mark = Static<typeof Mark>;
export type Fact = Static<typeof Fact>;
export type Rule = Static<typeof Rule>;
export type Card = Static<typeof Card>;
export type Cards = Static<typeof Cards>;
export type ChangesView = Static<typeof Changes>;
export type MatrixView = Static<typeof Matrix>;
export type GlanceView = Static<typeof Glance>;
export type FindingView = Static<typeof Finding>;
export type AreaView = Static<typeof Area>;
export type ContentsEntry = Static<typeof Contents>;
export type BannerView = Static<typeof Banner>;
