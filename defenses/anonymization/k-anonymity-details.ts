import { counted } from '#base/format';
import type { Detail } from '#report/details';
import type { KAnonymityEvidence } from './k-anonymity-census.js';
import { CONVENTIONS, shortened } from './words.js';

/** How many records are in how large a class, and the smallest classes with their values. */
export function kAnonymityDetails(data: KAnonymityEvidence): Detail[] {
  if (data.quasiIdentifiers.length === 0 || data.combinations === 0) return [];
  return [sizeHistogram(data), ...(data.smallest.length === 0 ? [] : [smallestClasses(data)])];
}

function sizeHistogram(data: KAnonymityEvidence): Detail {
  return {
    kind: 'histogram',
    title: 'Records by the size of their class',
    description: `${counted(data.combinations, 'combination')} of quasi-identifiers; ${CONVENTIONS[data.missing]}. Records left of the line are at risk.`,
    x: { label: 'Records in the class', format: 'count' },
    bins: data.sizes.map(({ from, to, records }) => ({ from, to, count: records })),
    threshold: { x: data.k, label: `k = ${data.k}` },
  };
}

function smallestClasses(data: KAnonymityEvidence): Detail {
  return {
    kind: 'table',
    title: 'The smallest classes',
    samples: true,
    columns: [
      ...data.quasiIdentifiers.map((label) => ({ label, format: 'text' as const })),
      { label: 'Records in the class', format: 'count' },
      { label: 'First record', format: 'count' },
    ],
    rows: data.smallest.map(({ values, size, record }) => [...values.map(shortened), size, record]),
    note: `${data.smallest.length} of ${counted(data.combinations, 'combination')}, the smallest first, then by their place in the file; record 1 is the one behind the header.`,
  };
}
