import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { bars } from './charts/bars.js';
import { beeswarm } from './charts/beeswarm.js';
import { effect } from './charts/effect.js';
import { heatLegend, heatMap } from './charts/heat-map.js';
import { histogram } from './charts/histogram.js';
import { shareBar } from './charts/share-bar.js';
import { securityCurve } from './charts/security-curve.js';
import { waterfall } from './charts/waterfall.js';
import type { Size } from './charts/frame.js';
import { templateFile, templateNames } from './files.js';
import type { PageWords } from './language/en.js';
import { markup, named, prose, said, styleSheet } from './markup.js';
import type { AnonymizationPage } from './view/anonymization-schema.js';
import type { CurveChart, HistogramChart } from './view/chart-schema.js';
import type { ExplanationPage, ModelPage } from './view/explain-schema.js';
import type { BarsChart, BeeswarmChart, EffectChart, WaterfallChart } from './view/feature-chart-schema.js';
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
  waterfall: (chart: WaterfallChart) => bothSizes((size) => waterfall(chart, size)),
  beeswarm: (chart: BeeswarmChart) => bothSizes((size) => beeswarm(chart, size)),
  effect: (chart: EffectChart) => bothSizes((size) => effect(chart, size)),
  bars: (chart: BarsChart) => bothSizes((size) => bars(chart, size)),
  heatLegend,
  heatMap,
  shareBar,
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
let compiledModel: Handlebars.TemplateDelegate<ModelPage> | undefined;
let compiledAnonymization: Handlebars.TemplateDelegate<AnonymizationPage> | undefined;
let compiledExplanation: Handlebars.TemplateDelegate<ExplanationPage> | undefined;

/** The page as HTML, in the words of its language; the templates are read and compiled once a process. */
export function rendered(page: Page, words: PageWords): string {
  compiled ??= compile<Page>('page');
  return compiled(page, { data: { words } });
}

/** The page of an explanation, whose figures are in these words. */
export function renderedExplanation(page: ExplanationPage, words: PageWords): string {
  compiledExplanation ??= compile<ExplanationPage>('explain-page');
  return compiledExplanation(page, { data: { words } });
}

/** The page of a model that is explained as a whole. */
export function renderedModelExplanation(page: ModelPage, words: PageWords): string {
  compiledModel ??= compile<ModelPage>('explain-model-page');
  return compiledModel(page, { data: { words } });
}

/** The page of a protected table. */
export function renderedAnonymization(page: AnonymizationPage, words: PageWords): string {
  compiledAnonymization ??= compile<AnonymizationPage>('anonymization-page');
  return compiledAnonymization(page, { data: { words } });
}

function compile<View>(main: string): Handlebars.TemplateDelegate<View> {
  const handlebars = Handlebars.create();
  handlebars.registerHelper(helpers);
  const read = (name: string) => readFileSync(templateFile(`${name}.hbs`), 'utf8').trimEnd();
  for (const name of templateNames()) handlebars.registerPartial(name, handlebars.compile(read(name), COMPILATION));
  return handlebars.compile<View>(read(main), COMPILATION);
}
