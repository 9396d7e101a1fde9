import {
  clip,
  formatDuration,
  formatEpsilon,
  formatInterval,
  formatNumber,
  formatValue,
  type EpsilonUnits,
  type NumberFormat,
} from '../../format.js';
import type { PageWords } from '../language/en.js';
import type { Phrase } from './phrase-schema.js';

const NAME_LENGTH = 120;
const SENTENCE_LENGTH = 600;

/** How one page writes what comes from outside: texts of bounded length, marked where they are of another language, and numbers. */
export class Writer {
  constructor(
    private readonly words: PageWords,
    private readonly units: EpsilonUnits,
  ) {}

  /** A name that belongs to no language, short enough for a heading or a cell. */
  name(text: string): string {
    return clip(text, NAME_LENGTH, this.words.numbers);
  }

  /** A name, such as a label, in the language that plugins write. */
  english(text: string): Phrase {
    return this.#foreign(this.name(text));
  }

  /** A sentence in the language that plugins and the pipeline write. */
  sentence(text: string): Phrase {
    return this.#foreign(clip(text, SENTENCE_LENGTH, this.words.numbers));
  }

  /** In the language of the page: its own words, or a text that was translated. */
  own(text: string): Phrase {
    return { text: clip(text, SENTENCE_LENGTH, this.words.numbers), lang: null };
  }

  /** The sentence's translation where there is one, or else the English one. */
  translated(text: string, translation: string | undefined): Phrase {
    return translation === undefined ? this.sentence(text) : this.own(translation);
  }

  /** The same of a title. */
  title(text: string, translation: string | undefined): Phrase {
    return translation === undefined ? this.english(text) : { text: this.name(translation), lang: null };
  }

  number(value: number): string {
    return formatNumber(value, this.words.numbers);
  }

  epsilon(value: number): string {
    return formatEpsilon(value, this.units, this.words.numbers);
  }

  value(value: number, format: NumberFormat): string {
    return formatValue(value, format, this.units, this.words.numbers);
  }

  interval({ low, high }: { readonly low: number; readonly high: number }, format: NumberFormat): string {
    return formatInterval(low, high, format, this.units, this.words.numbers);
  }

  duration(seconds: number): string {
    return formatDuration(seconds, this.words.numbers);
  }

  #foreign(text: string): Phrase {
    return { text, lang: this.words.language === 'en' ? null : 'en' };
  }
}
