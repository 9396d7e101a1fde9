import { AssayError } from '#base/errors';
import { CsvReader, type CsvLayout } from './csv-records.js';
import { delimiterInWords } from './reading.js';
import { linesIn } from './rows.js';

const CANDIDATES = [',', ';', '\t', '|'] as const;

interface Split {
  readonly delimiter: string;
  /** Of the header. */
  readonly columns: number;
  /** Of the records, the share that has as many fields as the header; 1 where there is none. */
  readonly agreement: number;
}

/**
 * The delimiter of a CSV text, out of comma, semicolon, tab and pipe: the one that splits the header, and of those the one by
 * which most of the first records have as many fields as the header has. A header that none splits is one column.
 *
 * @param head its first lines
 * @throws AssayError `data` where two do so equally well
 */
export function detectDelimiter(head: string, lineBreak: CsvLayout['lineBreak'], where: string): string {
  const splits = CANDIDATES.map((delimiter) => splitBy(delimiter, head, lineBreak)).filter(
    ({ columns }) => columns > 1,
  );
  const most = Math.max(...splits.map(({ agreement }) => agreement));
  const [best, other] = splits.filter(({ agreement }) => agreement === most);
  if (best === undefined) return ',';
  if (other === undefined) return best.delimiter;
  throw new AssayError('data', {
    where,
    what: `the delimiter cannot be told: ${delimiterInWords(best.delimiter)} makes ${best.columns} columns and ${delimiterInWords(other.delimiter)} makes ${other.columns}`,
    mend: 'Name it in `delimiter`.',
  });
}

function splitBy(delimiter: string, head: string, lineBreak: CsvLayout['lineBreak']): Split {
  let agreeing = 0;
  let disagreeing = 0;
  const reader = new CsvReader({ delimiter, lineBreak }, '', { row: () => (agreeing += 1) });
  for (const line of linesIn(head, lineBreak)) {
    try {
      reader.lines(line + lineBreak);
    } catch (thrown) {
      if (!(thrown instanceof AssayError)) throw thrown;
      disagreeing += 1;
    }
  }
  const records = agreeing + disagreeing;
  return { delimiter, columns: reader.names.length, agreement: records === 0 ? 1 : agreeing / records };
}
