import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { histogram } from './charts/histogram.js';
import { securityCurve } from './charts/security-curve.js';
import type { Size } from './charts/frame.js';
import { templateFile, templateNames } from './files.js';
import type { PageWords } from './language/en.js';
import { markup, named, prose, said, styleSheet } from './markup.js';
import type { CurveChart, HistogramChart } from './view/chart-schema.js';
import type { Page } from './view/schema.js';

/** All that templates may call: what they cannot do with words alone. */
const helpers = {
  styleSheet,
  named,
  said,
  code: prose,
  /** The first chart of a figure in the size that the screen has room for, the others as small multiples. */
  curve: (chart: CurveChart, isFirst: boolean) =>
    isFirst ? bothSizes((size) => securityCurve(chart, size)) : securityCurve(chart, 'small'),
  histogram: (chart: HistogramChart) => bothSizes((size) => histogram(chart, size)),
  /** The partial that shows a figure of this kind. */
  figure: (kind: string) => `figure-${kind}`,
};

function bothSizes(draw: (size: Size) => ReturnType<typeof markup>) {
  return markup`${draw('wide')}${draw('narrow')}`;
}

const COMPILATION: CompileOptions = {
  strict: true,
  preventIndent: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(Object.keys(helpers).map((helper) => [helper, true])),
};

let compiled: Handlebars.TemplateDelegate<Page> | undefined;

/** The page as HTML, in the words of its language; the templates are read and compiled once a process. */
export function rendered(page: Page, words: PageWords): string {
  compiled ??= compile();
  return compiled(page, { data: { words } });
}

function compile(): Handlebars.TemplateDelegate<Page> {
  const handlebars = Handlebars.create();
  handlebars.registerHelper(helpers);
  const read = (name: string) => readFileSync(templateFile(`${name}.hbs`), 'utf8').trimEnd();
  for (const name of templateNames()) handlebars.registerPartial(name, handlebars.compile(read(name), COMPILATION));
  return handlebars.compile(read('page'), COMPILATION);
}
