import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { AssayError } from '#base/errors';
import { Page } from './schema.js';

let compiled: ValidateFunction<Page> | undefined;

/** The page's view if it is whole. Throws an AssayError that names the place otherwise: the page would have holes. */
export function validated(page: unknown): Page {
  // Compiled when the first page is rendered: it takes longer than most commands.
  const check = (compiled ??= new Ajv({ strict: true, allowUnionTypes: true }).compile<Page>(Page));
  if (check(page)) return page;
  throw new AssayError('output', {
    what: `the page cannot be written: ${(check.errors ?? []).map(inWords).join('; ') || 'its view is not whole'}`,
    where: 'report.html',
    mend: 'Render it with the version of Assay that made the run, or make the run again.',
  });
}

function inWords(error: ErrorObject): string {
  return `${error.instancePath || 'its view'} ${error.message ?? 'is wrong'}`;
}
