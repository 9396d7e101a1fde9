import { Type, type Static } from '@sinclair/typebox';
import { closed } from './chart-schema.js';
import { DataTable, Figure } from './figure-schema.js';
import { Phrase } from './phrase-schema.js';
import { Card, Fact, Mark } from './schema.js';

const Text = Type.String();

/** All that the page of a protected table prints; validated before every rendering, as that of a report is. */
export const AnonymizationPage = closed({
  title: Text,
  digest: Type.String({ pattern: '^[0-9a-f]*$' }),
  mark: Mark,
  heading: Text,
  lead: Text,
  facts: Type.Array(Fact),
  checks: Type.Array(closed({ mark: Mark, model: Phrase, sentence: Phrase })),
  risk: DataTable,
  undeclared: closed({ sentences: Type.Array(Phrase), empty: Type.Union([Text, Type.Null()]) }),
  utility: DataTable,
  figures: Type.Array(Figure),
  columns: DataTable,
  hierarchies: DataTable,
  method: Card,
  provenance: Card,
  colophon: Text,
});

export type AnonymizationPage = Static<typeof AnonymizationPage>;
