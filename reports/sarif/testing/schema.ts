import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { packageFile } from '#base/package-root';

/**
 * What a file breaks of the OASIS schema of SARIF 2.1.0, empty where nothing. The schema beside this file is OASIS's own
 * (oasis-tcs/sarif-spec, Schemata/sarif-schema-2.1.0.json, draft-07), formatted.
 */
export function schemaErrors(log: unknown): readonly string[] {
  validate ??= compiled();
  return validate(log) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

let validate: ReturnType<Ajv['compile']> | undefined;

function compiled() {
  // One pattern of the schema has a bracket too many, which only Unicode mode minds.
  const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
  formats.default(ajv);
  return ajv.compile(
    JSON.parse(readFileSync(packageFile('reports/sarif/testing/sarif-schema-2.1.0.json'), 'utf8')) as object,
  );
}
