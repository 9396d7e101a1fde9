import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { AssayError } from '#base/errors';
import { Page } from './schema.js';

/** The page's view if it is whole. Throws an AssayError that names the place otherwise: the page would have holes. */
export function validated(page: unknown): Page {
  return validatedAs(Page, page, 'report.html');
}

/** The same of another page than that of a report. Checked as it stands: to compile such a schema takes seconds, to walk it none. */
export function validatedAs<View extends TSchema>(schema: View, page: unknown, where: string): Static<View> {
  if (Value.Check(schema, page)) return page;
  const wrong = Value.Errors(schema, page).First();
  throw new AssayError('output', {
    what: `the page cannot be written: ${wrong === undefined ? 'its view is not whole' : `${wrong.path || 'its view'}: ${wrong.message}`}`,
    where,
    mend: 'Render it with the version of Assay that made the run, or make the run again.',
  });
}
