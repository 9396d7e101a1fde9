import { AssayError } from '#base/errors';
import { grouped } from '#base/format';

/** What a JavaScript map holds. */
const MOST_VALUES = 2 ** 24 - 1;

/** Numbers values by their first appearance, from 1 on; 0 is missing. Columns that are encoded with one dictionary share its list, as it grows. */
export class Dictionary {
  private readonly known = new Map<string, number>();

  /**
   * @param name of the column, for messages
   * @param values those that are numbered already, behind null: the list grows
   */
  constructor(
    private readonly name: string,
    readonly values: (string | null)[] = [null],
  ) {
    for (const [code, value] of values.entries()) if (value !== null) this.known.set(value, code);
  }

  /** @throws AssayError `data` where the column has more different values than are told apart */
  codesOf(values: readonly (string | null)[]): Int32Array {
    const codes = new Int32Array(values.length);
    for (let row = 0; row < codes.length; row++) {
      const value = values[row] ?? null;
      if (value !== null) codes[row] = this.known.get(value) ?? this.add(value);
    }
    return codes;
  }

  private add(value: string): number {
    const code = this.values.length;
    if (code > MOST_VALUES) {
      throw new AssayError('data', {
        where: this.name,
        what: `the column has more than ${grouped(MOST_VALUES)} different values`,
        mend: 'A column in which nearly every record has a value of its own is an identifier: give it that role.',
      });
    }
    this.values.push(value);
    this.known.set(value, code);
    return code;
  }
}
