import { canonicalJson } from '#base/json';
import { defineReporter } from '#plugin/define';

/** The report itself, for programs: equal reports give equal bytes. */
export const jsonReporter = defineReporter({
  id: 'json',
  file: 'report.json',
  description: 'The report itself, for programs.',
  render: ({ report }) => `${JSON.stringify(JSON.parse(canonicalJson(report)), null, 2)}\n`,
});
