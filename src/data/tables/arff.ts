import { AssayError } from '#base/errors';
import { arffAttribute, isWeight, type ArffAttribute } from './arff-header.js';
import { arffTokens, type ArffToken } from './arff-tokens.js';
import { checkNames } from './columns.js';
import { linesIn, type RowReader, type RowSink } from './rows.js';

/** A longer line is no row of a table. */
const MAX_LINE_LENGTH = 1 << 20;

/**
 * Reads ARFF, the format of Weka (https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/): keywords in any case,
 * nominal, numeric, string and date attributes, dense and sparse rows. Weights of rows and attributes are passed over: a table has
 * none.
 */
export class ArffReader implements RowReader {
  private readonly attributes: ArffAttribute[] = [];
  private line = 0;
  private isData = false;

  constructor(
    private readonly path: string,
    private readonly sink: RowSink,
  ) {}

  get names(): readonly string[] {
    return this.attributes.map(({ name }) => name);
  }

  lines(lines: string): void {
    for (const line of linesIn(lines)) {
      this.line += 1;
      if (line.length > MAX_LINE_LENGTH) throw this.error(`the line is longer than ${MAX_LINE_LENGTH} bytes`);
      try {
        const tokens = arffTokens(line);
        if (tokens.length === 0) continue;
        if (this.isData) this.sink.row(this.row(tokens));
        else this.declaration(tokens);
      } catch (thrown) {
        throw thrown instanceof RangeError ? this.error(thrown.message, thrown) : thrown;
      }
    }
  }

  end(): void {
    if (this.isData) return;
    throw new AssayError('data', { where: this.path, what: 'the file has no @data', mend: 'It is cut off.' });
  }

  private declaration([keyword, ...rest]: readonly ArffToken[]): void {
    switch (keyword?.kind === 'word' ? keyword.text.toLowerCase() : '') {
      case '@relation':
        return;
      case '@attribute':
        this.attributes.push(arffAttribute(rest));
        return;
      case '@data':
        if (this.attributes.length === 0) throw new RangeError('there is no attribute before @data');
        checkNames(this.names, this.path);
        this.isData = true;
        return;
      default:
        throw new RangeError('before @data there are only @relation and @attribute');
    }
  }

  private row(tokens: readonly ArffToken[]): (string | null)[] {
    if (tokens[0]?.kind !== '{') return this.denseRow(tokens);
    const end = tokens.findIndex(({ kind }) => kind === '}');
    if (end === -1) throw new RangeError('a sparse row is not closed by } on the same line');
    requireWeight(tokens.slice(end + 1));
    return this.sparseRow(tokens.slice(1, end));
  }

  private denseRow(tokens: readonly ArffToken[]): (string | null)[] {
    const brace = tokens.findIndex(({ kind }) => kind === '{' || kind === '}');
    const end = brace === -1 ? tokens.length : brace;
    requireWeight(tokens.slice(end));
    const isWeighted = end < tokens.length;
    const values = valuesIn(tokens.slice(0, end), isWeighted);
    if (values.length !== this.attributes.length) {
      throw new RangeError(
        `the row has ${values.length} ${values.length === 1 ? 'value' : 'values'} and there are ${this.attributes.length} attributes`,
      );
    }
    return values.map((token, i) => this.value(token, i));
  }

  private sparseRow(tokens: readonly ArffToken[]): (string | null)[] {
    const { attributes } = this;
    const given: (string | null | undefined)[] = attributes.map(() => undefined);
    const words = valuesIn(tokens, false);
    let last = -1;
    for (let at = 0; at < words.length; at += 2) {
      const [place, value] = words.slice(at, at + 2);
      const index = place?.kind === 'word' && /^\d{1,9}$/.test(place.text) ? Number(place.text) : NaN;
      if (!(index < attributes.length) || value === undefined) {
        throw new RangeError(
          `a sparse row has pairs of index and value, indices from 0 to ${attributes.length - 1}; this one has ${JSON.stringify(place?.text)}`,
        );
      }
      if (index <= last) throw new RangeError(`the indices of a sparse row ascend, and ${index} stands behind ${last}`);
      given[index] = this.value(value, index);
      last = index;
    }
    return attributes.map(({ name, omitted }, i) => {
      const value = given[i];
      if (value !== undefined) return value;
      if (omitted !== null) return omitted;
      throw new RangeError(`a sparse row leaves out the attribute ${JSON.stringify(name)}, which has no zero; write ?`);
    });
  }

  private value({ kind, text }: ArffToken, position: number): string | null {
    if (kind === 'word' && text === '?') return null;
    return this.attributes[position]?.value(text) ?? null;
  }

  private error(what: string, cause?: unknown): AssayError {
    return new AssayError('data', { where: `${this.path}, line ${this.line}`, what, cause });
  }
}

/** Values with a comma or only space between them. */
function valuesIn(tokens: readonly ArffToken[], mayEndInComma: boolean): ArffToken[] {
  const values: ArffToken[] = [];
  let isExpected = true;
  for (const token of tokens) {
    if (token.kind === '{') throw new RangeError('a brace stands among the values');
    if (token.kind !== ',') values.push(token);
    else if (isExpected) throw new RangeError('there is no value before a comma; a missing one is written as ?');
    isExpected = token.kind === ',';
  }
  if (isExpected && values.length > 0 && !mayEndInComma) {
    throw new RangeError('there is no value behind the last comma; a missing one is written as ?');
  }
  return values;
}

/** What may stand behind the values of a row. */
function requireWeight(tokens: readonly ArffToken[]): void {
  const [first, ...rest] = tokens;
  if (first === undefined || isWeight(first.kind === ',' ? rest : tokens)) return;
  throw new RangeError('behind the values of a row there is only its weight, as in {5}');
}
