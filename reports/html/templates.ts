import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { histogram } from './charts/histogram.js';
import { securityCurve } from './charts/security-curve.js';
import type { Size } from './charts/frame.js';
import { templateFile, templateNames } from './files.js';
import { markup, prose, styleSheet } from './markup.js';
import type { CurveChart, HistogramChart } from './view/chart-schema.js';
import type { Page } from './view/schema.js';

/** All that templates may call: what they cannot do with words alone. */
const helpers = {
  styleSheet,
  prose,
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

let compiled: ((page: Page) => string) | undefined;

/** The page as HTML; the templates are read and compiled once a process. */
export function rendered(page: Page): string {
  compiled ??= compile();
  return compiled(page);
}

function compile(): (page: Page) => string {
  const handlebars = Handlebars.create();
  handlebars.registerHelper(helpers);
  const read = (name: string) => readFileSync(templateFile(`${name}.hbs`), 'utf8').trimEnd();
  for (const name of templateNames()) handlebars.registerPartial(name, handlebars.compile(read(name), COMPILATION));
  return handlebars.compile(read('page'), COMPILATION);
}
