import { AssayError } from '#base/errors';
import { counted, grouped } from '#base/format';
import { unknownLabels, type Labels } from '#target/head';
import type { GroupColumn } from '#target/sample-source';
import { fileCard, readSourceFile, type SourceFile } from '../file.js';
import { parseArrayPath, readArray } from '../read-array.js';
import { readTable } from '../read-table.js';
import { readLabels } from '../sample-labels.js';
import { blockOf } from '../streams/input-stream.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { labelsOfText } from './named-labels.js';
import type { SampleFacts, Source, SourceConfig } from './source.js';
import { columnLabels, requireColumn } from './table-labels.js';
import { namedColumn } from './table-rows.js';

/** A list of texts or labels, one a line. */
const LINES = /\.txt$/i;

interface Texts {
  readonly texts: readonly string[];
  readonly labels: Labels;
  readonly groups: readonly GroupColumn[];
  readonly files: readonly SourceFile[];
}

/**
 * Samples that are texts: the lines of a file, or a column of a table. Only those that are taken are encoded, in blocks.
 *
 * @throws AssayError `data` or `config` where the texts cannot be read or do not fit the target
 */
export async function textSource(config: SourceConfig, facts: SampleFacts): Promise<Source> {
  const { inputs: where } = config;
  const { tokenizer } = facts;
  if (tokenizer == null) throw new AssayError('usage', { where, what: 'texts are read, and there is no tokenizer' });
  refuseOthers(config);
  const { texts, labels, groups, files } = await (config.columns === undefined
    ? fromLines(config, facts)
    : fromTable(config, config.columns, facts));
  if (texts.length === 0) throw new AssayError('data', { where, what: 'there are no texts in it' });
  const [length = 0] = facts.domain.shape;
  const cut = new Set<number>();
  return {
    available: texts.length,
    labels,
    groups,
    stream: (indices) => ({ kind: 'values', blocks: encoded(texts, indices, { tokenizer, length, where, cut }) }),
    files: () => files.map(fileCard),
    remark: () => wordsOf(cut.size, length),
  };
}

/**
 * A text from elsewhere, made into an input as those of the data are: [length] token ids.
 *
 * @throws AssayError `data` where it cannot be encoded, `usage` where the target takes no texts
 */
export function textInput(text: string, { domain, tokenizer }: SampleFacts): Float32Array {
  if (tokenizer == null) {
    throw new AssayError('usage', { what: `a text is given, and the domain of the target is \`${domain.kind}\`` });
  }
  const [length = 0] = domain.shape;
  return Float32Array.from(encodedText(tokenizer, text, length, 'the text').ids);
}

function refuseOthers(config: SourceConfig): void {
  const strange = (['pictures', 'scale'] as const).find((key) => config[key] !== undefined);
  if (strange === undefined) return;
  throw new AssayError('config', {
    where: config.inputs,
    what: `\`${strange}\` is given, and the target takes texts`,
  });
}

async function fromLines(config: SourceConfig, facts: SampleFacts): Promise<Texts> {
  const { inputs: path, labels: truth } = config;
  if (!LINES.test(path)) {
    throw new AssayError('config', {
      where: path,
      what: 'the target takes texts, and this is no .txt file with one text a line',
      mend: 'Of a table name in `columns` the column that holds the texts.',
    });
  }
  const other = (['groups', 'delimiter', 'encoding'] as const).find((key) => config[key] !== undefined);
  if (other !== undefined) {
    throw new AssayError('config', { where: path, what: `\`${other}\` is given, and only a table has that` });
  }
  if (truth === undefined && facts.truth !== 'none') {
    const mend = 'Name a .txt file with the label of each text, one a line.';
    throw new AssayError('config', { where: path, what: '`labels` is missing', mend });
  }
  const file = await readSourceFile(path);
  const texts = linesOf(file);
  if (truth === undefined) {
    return { texts, labels: unknownLabels(facts.head, texts.length), groups: [], files: [file] };
  }
  const { labels, file: beside } = await labelsBeside(truth, texts.length, facts);
  return { texts, labels, groups: [], files: [file, beside] };
}

async function labelsBeside(
  path: string,
  texts: number,
  facts: SampleFacts,
): Promise<{ readonly labels: Labels; readonly file: SourceFile }> {
  if (!LINES.test(path)) {
    const { file: name, member } = parseArrayPath(path);
    const file = await readSourceFile(name);
    return { labels: readLabels(readArray(file.bytes, name, member), facts.head, texts), file };
  }
  const file = await readSourceFile(path);
  const lines = linesOf(file);
  if (lines.length !== texts) {
    throw new AssayError('data', {
      where: path,
      what: `there are ${counted(lines.length, 'label')} for ${counted(texts, 'text')}`,
      mend: 'Give one a line, in the same order.',
    });
  }
  return { labels: labelsOfText(lines, facts, path), file };
}

/** Without the end of the last line; an empty line is an empty text. */
function linesOf({ path, bytes }: SourceFile): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AssayError('data', { where: path, what: 'the file is not UTF-8', mend: 'Store it as UTF-8.', cause });
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function fromTable(
  { inputs: path, labels: label, groups = [], delimiter, encoding }: SourceConfig,
  columns: NonNullable<SourceConfig['columns']>,
  facts: SampleFacts,
): Promise<Texts> {
  const [name, ...others] = columns === 'domain' ? [] : columns;
  if (name === undefined || others.length > 0) {
    throw new AssayError('config', { where: path, what: '`columns` names the one column that holds the texts' });
  }
  requireColumn(label, facts, path);
  const file = await readSourceFile(path);
  const table = await readTable(file, { roles: {}, delimiter, encoding });
  const texts = namedColumn(table, name, path).values.map((text, row) => {
    if (text !== null) return text;
    throw new AssayError('data', {
      where: `${path}, column ${JSON.stringify(name)}, row ${row + 1}`,
      what: 'the text is missing',
    });
  });
  return {
    texts,
    labels: columnLabels(table, label, facts, path),
    groups: groups.map((group) => ({ name: group, values: namedColumn(table, group, path).values })),
    files: [file],
  };
}

interface Encoding {
  readonly tokenizer: Tokenizer;
  readonly length: number;
  readonly where: string;
  /** Takes the indices of texts that lost their ends. */
  readonly cut: Set<number>;
}

function* encoded(
  texts: readonly string[],
  indices: readonly number[],
  { tokenizer, length, where, cut }: Encoding,
): Generator<Float32Array> {
  const size = blockOf([length]);
  for (let start = 0; start < indices.length; start += size) {
    const chosen = indices.slice(start, start + size);
    const block = new Float32Array(chosen.length * length);
    for (const [row, index] of chosen.entries()) {
      const { ids, truncated } = encodedText(tokenizer, texts[index] ?? '', length, `${where}, text ${index}`);
      block.set(ids, row * length);
      if (truncated) cut.add(index);
    }
    yield block;
  }
}

function encodedText(tokenizer: Tokenizer, text: string, length: number, where: string) {
  try {
    return tokenizer.encode(text, length);
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) throw thrown;
    throw new AssayError('data', { where, what: thrown.what, cause: thrown });
  }
}

function wordsOf(cut: number, length: number): string | null {
  if (cut === 0) return null;
  return `${cut === 1 ? '1 text was longer' : `${grouped(cut)} texts were longer`} than ${length} tokens and lost the end`;
}
