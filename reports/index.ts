import type { Reporter } from '#plugin/plugin';
import { htmlReporter } from './html/html.js';
import { jsonReporter } from './json/json.js';
import { markdownReporter } from './markdown/markdown.js';

/** The built-in projections of a report, in the order in which they are written. */
export const reporters: readonly Reporter[] = [jsonReporter, htmlReporter, markdownReporter];
