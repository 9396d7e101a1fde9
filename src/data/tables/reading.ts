import type { TextEncoding } from './text-encoding.js';

/** As what a file was read: given by the config, or told by its content. */
export type TableReading =
  | { readonly format: 'csv'; readonly delimiter: string; readonly encoding: TextEncoding }
  | { readonly format: 'arff'; readonly encoding: TextEncoding }
  | { readonly format: 'json-lines' }
  | { readonly format: 'parquet' };

const ENCODINGS = { 'utf-8': 'UTF-8', 'latin-1': 'Latin-1' } as const;
const DELIMITERS: ReadonlyMap<string, string> = new Map([
  [',', 'comma'],
  [';', 'semicolon'],
  ['\t', 'tab'],
  ['|', 'pipe'],
  [' ', 'space'],
]);

/** `CSV, semicolon, Latin-1`. */
export function readingInWords(reading: TableReading): string {
  switch (reading.format) {
    case 'csv':
      return `CSV, ${delimiterInWords(reading.delimiter)}, ${ENCODINGS[reading.encoding]}`;
    case 'arff':
      return `ARFF, ${ENCODINGS[reading.encoding]}`;
    case 'json-lines':
      return 'JSON Lines, UTF-8';
    case 'parquet':
      return 'Parquet';
  }
}

/** `semicolon`; `delimiter "#"` for one that has no name here. */
export function delimiterInWords(delimiter: string): string {
  return DELIMITERS.get(delimiter) ?? `delimiter ${JSON.stringify(delimiter)}`;
}
