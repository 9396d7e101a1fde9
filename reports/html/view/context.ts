import { AREAS, type Area, type Finding, type Language, type Report } from '#report/report';
import { epsilonUnits, type EpsilonUnits } from '../../format.js';
import { inReadingOrder } from '../../status.js';
import type { PageWords } from '../language/en.js';
import { wordsOf } from '../language/languages.js';
import { anchorsOf } from './anchors.js';
import { picturesOf, type Pictures } from './pictures.js';
import { Writer } from './writer.js';

/** More findings than this are not read on one page, nor opened by every browser: the others are rows of a table. */
const MOST_IN_FULL = 500;

/** What figures and tables need to know of the page that they stand on. */
export interface FigureContext {
  readonly words: PageWords;
  readonly write: Writer;
  readonly units: EpsilonUnits;
  readonly pictures: Pictures;
  readonly numbers: Numbers;
  /** Whether inputs are shown, or only their indices. */
  readonly samples: 'show' | 'ids';
}

/** What all parts of one page share. */
export interface PageContext extends FigureContext {
  readonly report: Report;
  readonly language: Language;
  /** All of them, in reading order. */
  readonly ordered: readonly Finding[];
  /** In reading order; areas without findings are left out. */
  readonly areas: ReadonlyMap<Area, readonly Finding[]>;
  /** The cells of the findings that are shown with their evidence. */
  readonly inFull: ReadonlySet<string>;
  /** By cell. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly anchors: ReadonlyMap<string, string>;
}

export function contextOf(
  report: Report,
  language: Language,
  readFile: (path: string) => Uint8Array | null,
): PageContext {
  const words = wordsOf(language);
  const units = epsilonUnits(report.target);
  const ordered = inReadingOrder(report.findings);
  const shown = ordered.slice(0, MOST_IN_FULL);
  return {
    report,
    language,
    words,
    write: new Writer(words, units),
    units,
    pictures: picturesOf(shown, readFile, words.figures),
    numbers: new Numbers(words),
    samples: report.provenance.samples,
    ordered,
    areas: byArea(ordered),
    inFull: new Set(shown.map(({ cell }) => cell)),
    findings: new Map(report.findings.map((finding) => [finding.cell, finding])),
    anchors: anchorsOf(report.findings),
  };
}

function byArea(ordered: readonly Finding[]): Map<Area, Finding[]> {
  const areas = new Map<Area, Finding[]>(AREAS.map((area) => [area, []]));
  for (const finding of ordered) areas.get(finding.area)?.push(finding);
  return new Map([...areas].filter(([, findings]) => findings.length > 0));
}

export interface Numbered {
  readonly id: string;
  readonly number: number;
  /** `Table 3.` */
  readonly label: string;
}

/** Tables and figures are numbered in the order in which they are made, which is their order on the page. */
export class Numbers {
  #tables = 0;
  #figures = 0;

  constructor(private readonly words: PageWords) {}

  table(): Numbered {
    const number = ++this.#tables;
    return { id: `table-${number}`, number, label: this.words.figures.table(number) };
  }

  figure(): Numbered {
    const number = ++this.#figures;
    return { id: `figure-${number}`, number, label: this.words.figures.figure(number) };
  }
}
