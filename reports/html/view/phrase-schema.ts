import { Type, type Static } from '@sinclair/typebox';
import { closed } from './chart-schema.js';

/** A text from outside, with the mark that it is English on a page that is not. */
export const Phrase = closed({
  text: Type.String(),
  lang: Type.Union([Type.Literal('en'), Type.Null()]),
});

export type Phrase = Static<typeof Phrase>;
