import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { AssayError } from '#base/errors';
import { packageFile } from '#base/package-root';
import type { Report } from '#report/report';
import { REPORT_VERSION } from '#report/report';
import { READABLE_VERSIONS, upgraded, versionOf } from '#report/upgrade';
import { checkedRecord, parseJson, type Checked } from './records.js';
import { checkReport } from './report.js';

/**
 * Reads the text of a `report.json` of this version or one before, as a report of this version.
 *
 * @throws AssayError `usage` for a version that is not known; `run` for what is not as its own schema says
 */
export function readReport(text: string, where: string): Report {
  const report = parseJson(text, where);
  const version = versionOf(report);
  if (version === REPORT_VERSION || version === null) return checkedRecord(checkReport, report, where);
  if (!READABLE_VERSIONS.includes(version)) throw unknownVersion(version, where);
  const checked = checkedRecord((value) => checkAsOf(version, value), report, where);
  return checkedRecord(checkReport, upgraded(checked), where);
}

/** By the schema that was published with that version. */
function checkAsOf(version: number, report: unknown): Checked<object> {
  const schema = JSON.parse(readFileSync(schemaFile(version), 'utf8')) as object;
  const ajv = new Ajv();
  if (ajv.validate<object>(schema, report)) return { value: report };
  const [error] = ajv.errors ?? [];
  return { problem: `\`${error?.instancePath ?? ''}\` ${error?.message ?? 'is not as it should be'}` };
}

function schemaFile(version: number): string {
  return packageFile(`resources/report-schemas/report-${version}.json`);
}

function unknownVersion(version: number, where: string): AssayError {
  return new AssayError('usage', {
    where,
    what: `this report has version ${version}, and this version of Assay reads ${READABLE_VERSIONS.join(' and ')}`,
    mend: version > REPORT_VERSION ? 'Read it with the version of Assay that made it.' : 'Run the audit again.',
  });
}
