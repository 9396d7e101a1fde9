import type { Finding, Report } from '#report/report';
import type { EpsilonUnits } from '../../format.js';
import type { Pictures } from './pictures.js';

/** What all parts of one page share. */
export interface PageContext {
  readonly report: Report;
  readonly units: EpsilonUnits;
  readonly pictures: Pictures;
  readonly numbers: Numbers;
  /** By cell. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly anchors: ReadonlyMap<string, string>;
}

/** Tables and figures are numbered in the order in which they are made, which is their order on the page. */
export class Numbers {
  #tables = 0;
  #figures = 0;

  /** `Table 3. Measures` */
  table(title: string): string {
    return `Table ${++this.#tables}. ${title}`;
  }

  figure(title: string): { readonly id: string; readonly caption: string } {
    const number = ++this.#figures;
    return { id: `figure-${number}`, caption: `Figure ${number}. ${title}` };
  }
}
