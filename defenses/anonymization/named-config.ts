import { Type, type Static, type TObject } from '@sinclair/typebox';
import { check, type Place } from '#plugin/options';

/** One of several schemas, by what stands under one key: `{ "model": "k-anonymity", "k": 5 }`. */
export type NamedConfig<Schemas extends Record<string, TObject>> = {
  readonly [Name in keyof Schemas]: Static<Schemas[Name]>;
}[keyof Schemas];

/**
 * A value with the defaults of the schema that it names. Problems are told by that schema, not by all of them.
 *
 * @param key under which the name stands
 * @throws the error of `place` for an unknown name, or what its schema does not take
 */
export function checkNamed<Name extends string, Schema extends TObject>(
  key: string,
  schemas: { readonly [Each in Name]: Schema },
  value: unknown,
  place: Place,
): Static<Schema> {
  const name = Type.Unsafe<Name>({ type: 'string', enum: Object.keys(schemas) });
  const named: Readonly<Record<string, Name>> = check(Type.Object({ [key]: name }), value, place);
  const schema = Object.entries<Schema>(schemas).find(([each]) => each === named[key])?.[1];
  if (schema === undefined) throw new RangeError('a name that was checked has a schema');
  return check(schema, value, place);
}
