import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { AssayError, messageOf } from '#base/errors';
import type { Json } from '#base/json';
import { plain } from './plain.js';
import { failWith, type Path, type Place, type Problem } from './place.js';
import { translate } from './wording/translate.js';

const validators = new WeakMap<TSchema, ValidateFunction>();
/** One for all: the schema of schemas, by which each is checked, is compiled once. */
let shared: Ajv | undefined;

/**
 * The value as the schema describes it, with the schema's defaults filled in; the value itself is left alone.
 * Nothing is converted: "1" is not a number.
 *
 * Throws one AssayError with `place.code` that names the first three things that are wrong, each with its place in the
 * file, its path, its value and what is allowed.
 */
export function check<T extends TSchema>(schema: T, value: unknown, place: Place): Static<T> {
  const checked = examine(schema, value, place.path);
  if (checked.problems.length > 0) failWith(checked.problems, place);
  return checked.value;
}

interface Examined {
  /** A copy with defaults; it fits the schema where there are no problems. */
  readonly value: Json;
  readonly problems: readonly Problem[];
}

/** As {@link check}, for callers that have more to say about the same file. `base` is the value's path in it. */
export function examine(schema: TSchema, value: unknown, base: Path): Examined {
  const copy = plain(value, base);
  if (copy.problems.length > 0) return copy;
  const validate = validatorOf(schema);
  if (validate(copy.value)) return copy;
  return { value: copy.value, problems: translate(validate.errors ?? [], copy.value, base) };
}

function validatorOf(schema: TSchema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  shared ??= newAjv();
  const compiled = compile(shared, schema);
  validators.set(schema, compiled);
  return compiled;
}

/** `addUsedSchema: false`: two plugins may give their schemas the same $id. */
function newAjv(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    useDefaults: true,
    ownProperties: true,
    addUsedSchema: false,
    // Of a schema that is compiled once a process, shorter code costs twice what the rest of the compilation does.
    code: { optimize: false },
  });
  formats.default(ajv, ['date']);
  return ajv;
}

function compile(ajv: Ajv, schema: TSchema): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (thrown) {
    throw new AssayError('plugin', {
      what: `a schema cannot be compiled: ${messageOf(thrown)}`,
      mend: 'Schemas are TypeBox objects without references, with defaults on the members of objects only.',
      cause: thrown,
    });
  }
}
