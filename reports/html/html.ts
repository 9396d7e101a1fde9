import { defineReporter } from '#plugin/define';
import { wordsOf } from './language/languages.js';
import { rendered } from './templates.js';
import { pageOf } from './view/page.js';

/** One self-contained page: no script, no request, works from disk and on paper. */
export const htmlReporter = defineReporter({
  id: 'html',
  file: 'report.html',
  description: 'The page for people: one file without scripts, for a screen, a phone or paper.',
  render: (input) => rendered(pageOf(input), wordsOf(input.language)),
});
