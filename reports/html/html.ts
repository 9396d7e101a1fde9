import { defineReporter } from '#plugin/define';
import { rendered } from './templates.js';
import { pageOf } from './view/page.js';

/** One self-contained page: no script, no request, works from disk and on paper. */
export const htmlReporter = defineReporter({
  id: 'html',
  file: 'report.html',
  render: (input) => rendered(pageOf(input)),
});
