import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { AssayError } from '#base/errors';
import { Page } from './schema.js';

const compiled = new WeakMap<TSchema, ValidateFunction>();

/** The page's view if it is whole. Throws an AssayError that names the place otherwise: the page would have holes. */
export function validated(page: unknown): Page {
  return validatedAs(Page, page, 'report.html');
}

/** The same of another page than that of a report. */
export function validatedAs<View extends TSchema>(schema: View, page: unknown, where: string): Static<View> {
  const check = checkOf(schema);
  if (check(page)) return page;
  throw new AssayError('output', {
    what: `the page cannot be written: ${(check.errors ?? []).map(inWords).join('; ') || 'its view is not whole'}`,
    where,
    mend: 'Render it with the version of Assay that made the run, or make the run again.',
  });
}

/** Compiled when the first page is rendered: it takes longer than most commands. */
function checkOf<View extends TSchema>(schema: View): ValidateFunction<Static<View>> {
  const known = compiled.get(schema);
  const check = known ?? new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  compiled.set(schema, check);
  return check as ValidateFunction<Static<View>>;
}

function inWords(error: ErrorObject): string {
  return `${error.instancePath || 'its view'} ${error.message ?? 'is wrong'}`;
}
