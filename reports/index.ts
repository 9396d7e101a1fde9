import type { Reporter } from '#plugin/plugin';
import { annexIvReporter } from './annex-iv/annex-iv.js';
import { csvReporter } from './csv/csv.js';
import { htmlReporter } from './html/html.js';
import { jsonReporter } from './json/json.js';
import { junitReporter } from './junit/junit.js';
import { markdownReporter } from './markdown/markdown.js';
import { mlBomReporter } from './ml-bom/ml-bom.js';
import { modelCardReporter } from './model-card/model-card.js';
import { sarifReporter } from './sarif/sarif.js';

/** The built-in projections of a report, in the order in which they are written. */
export const reporters: readonly Reporter[] = [
  jsonReporter,
  htmlReporter,
  markdownReporter,
  sarifReporter,
  junitReporter,
  csvReporter,
  modelCardReporter,
  mlBomReporter,
  annexIvReporter,
];
