import { Ajv } from 'ajv';
import { Report, Timings } from '#report/report';
import { EvidenceFile, JournalEntry, PlanFile } from './records.js';

test.each(Object.entries({ PlanFile, JournalEntry, EvidenceFile, Report, Timings }))(
  '%s is a schema: a run does not look at that again',
  (_, schema) => {
    const ajv = new Ajv();
    expect([ajv.validateSchema(schema), ajv.errors ?? null]).toEqual([true, null]);
  },
);
