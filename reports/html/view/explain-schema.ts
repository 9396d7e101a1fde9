import { Type, type Static } from '@sinclair/typebox';
import { closed } from './chart-schema.js';
import { HeatLegend } from './feature-chart-schema.js';
import { Caption, DataTable, Figure, Image } from './figure-schema.js';
import { Phrase } from './phrase-schema.js';
import { Card, Fact, Mark } from './schema.js';

/** All that the page of an explanation prints; validated before every rendering, as that of a report is. */

const Text = Type.String();
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Id = Type.String({ pattern: '^[a-z0-9-]+$' });
/** Of its largest value, -1 to 1. */
const Share = Type.Number({ minimum: -1, maximum: 1 });
const Shade = Type.String({ pattern: '^(none|(positive|negative)-[1-4])$' });

const Bars = Type.Array(closed({ name: Phrase, value: Text, error: Nullable(Text), share: Share }));

const Tokens = Type.Array(closed({ text: Text, value: Text, shade: Shade }));

const Panel = closed({
  id: Id,
  title: Phrase,
  /** That it is a control, or an error. */
  mark: Nullable(Mark),
  /** Why there is nothing; null where there is something. */
  error: Nullable(Phrase),
  map: Nullable(Image),
  tokens: Nullable(Tokens),
  /** Of a picture they stand behind its map. */
  bars: Nullable(closed({ label: Text, rows: Bars, behind: Type.Boolean() })),
  facts: Type.Array(closed({ term: Text, value: Text })),
  statements: Type.Array(Phrase),
  description: Phrase,
  sources: Type.Array(Phrase),
  options: Text,
  figures: Type.Array(Figure),
});

const Agreement = closed({
  id: Id,
  caption: Caption,
  columns: Type.Array(closed({ number: Text, name: Phrase })),
  rows: Type.Array(
    closed({
      number: Text,
      name: Phrase,
      cells: Type.Array(closed({ text: Text, level: Type.String({ pattern: '^(self|none|agree-[0-4])$' }) })),
    }),
  ),
  notes: Type.Array(Text),
});

export const ExplanationPage = closed({
  title: Text,
  digest: Type.String({ pattern: '^[0-9a-f]*$' }),
  contents: Type.Array(
    closed({
      href: Type.String({ pattern: '^#[a-z0-9-]+$' }),
      label: Text,
      findings: Type.Array(Type.Never()),
      more: Type.Null(),
    }),
  ),
  heading: Text,
  lead: Text,
  facts: Type.Array(Fact),
  input: closed({
    image: Nullable(Image),
    tokens: Nullable(Type.Array(Text)),
    columns: Nullable(DataTable),
    scores: DataTable,
  }),
  scale: closed({ legend: Nullable(HeatLegend), sentences: Type.Array(Text) }),
  panels: Type.Array(Panel),
  /** Those of panels, which are too narrow for them. */
  figures: Type.Array(closed({ title: Phrase, figures: Type.Array(Figure, { minItems: 1 }) })),
  noPanels: Nullable(Text),
  agreement: Nullable(Agreement),
  noAgreement: Nullable(Text),
  removal: closed({ sentences: Type.Array(Text), table: Nullable(DataTable), figures: Type.Array(Figure) }),
  others: Type.Array(Panel),
  absent: Type.Array(closed({ what: Phrase, because: Phrase })),
  provenance: Card,
  colophon: Text,
});

/** Of a model as a whole. */
export const ModelPage = closed({
  title: Text,
  digest: Type.String({ pattern: '^[0-9a-f]*$' }),
  heading: Text,
  lead: Text,
  facts: Type.Array(Fact),
  figures: Type.Array(Figure),
  empty: Nullable(Text),
  /** What it was asked besides, and what of that does not fit it. */
  panels: Type.Array(Panel),
  absent: Type.Array(closed({ what: Phrase, because: Phrase })),
  provenance: Card,
  colophon: Text,
});

export type ModelPage = Static<typeof ModelPage>;
export type ExplanationPage = Static<typeof ExplanationPage>;
export type PanelView = Static<typeof Panel>;
export type AgreementView = Static<typeof Agreement>;
