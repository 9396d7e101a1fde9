import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { loadTokenizer } from './tokenizer.js';

interface Stored {
  readonly file: unknown;
  readonly padding: number;
  readonly length: number;
  readonly cases: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly mask: readonly number[];
    readonly offsets: readonly ([number, number] | null)[];
    readonly truncated: boolean;
  }[];
}

const stored = JSON.parse(gunzipSync(readFileSync('fixtures/readers/tokenizers.json.gz')).toString()) as Record<
  string,
  Stored
>;
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe.each(Object.entries(stored))(
  '%s, as Hugging Face tokenizers have it',
  (_, { file, padding, length, cases }) => {
    const tokenizer = loadTokenizer(bytesOf(file));

    test('says its vocabulary, padding and special tokens', () => {
      expect(tokenizer.padding).toBe(padding);
      expect(tokenizer.special).toContain(padding);
      expect(tokenizer.vocabulary).toBeGreaterThan(50);
      expect(cases.every(({ ids }) => ids.every((id) => id < tokenizer.vocabulary))).toBe(true);
    });

    test.each(cases)('$text', ({ text, ids, mask, truncated, offsets }) => {
      const encoded = tokenizer.encode(text, length);
      expect([...encoded.ids]).toEqual(ids);
      expect([...encoded.mask]).toEqual(mask);
      expect(encoded.truncated).toBe(truncated);
      // Python counts characters, JavaScript the units of UTF-16. What is only the mark of a word stands nowhere here, and
      // before the first letter there.
      const units = (place: number) => Array.from(text).slice(0, place).join('').length;
      offsets.forEach((offset, i) => {
        const isMark = tokenizer.decode([ids[i] ?? 0]).trim() === '';
        if (offset === null || offset[0] === offset[1] || isMark) return;
        expect({ i, place: encoded.offsets[i] }).toEqual({ i, place: offset.map(units) });
      });
    });

    test('decodes what it encoded, but for what it does not know', () => {
      const { ids } = tokenizer.encode('the film was great', length);
      expect(tokenizer.decode(ids).trim()).toBe('the film was great');
      expect(tokenizer.decode([])).toBe('');
    });

    test('refuses a length without room', () => {
      expect(() => tokenizer.encode('x', 0)).toThrow(
        /^tokenizer\.json: a text of 0 tokens has no room beside \d special ones\.$/,
      );
    });
  },
);

describe('loadTokenizer', () => {
  test('pads on the left, and with what it is told', () => {
    const { file } = stored['wordpiece']!;
    const left = { ...(file as object), padding: { direction: 'Left', pad_id: 4 } };
    const { ids, mask } = loadTokenizer(bytesOf(left)).encode('great', 6);
    expect([...ids].slice(0, 3)).toEqual([4, 4, 4]);
    expect([...mask]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...loadTokenizer(bytesOf(file), { padding: 3 }).encode('great', 5).ids].slice(3)).toEqual([3, 3]);
  });

  test.each<[string, Uint8Array, string]>([
    ['no JSON', Buffer.from('{'), 'tokenizer.json: the file is not JSON ('],
    ['no text', Uint8Array.of(0xff, 0xfe), 'the file is not JSON ('],
    ['no object', bytesOf([]), 'this is no tokenizer: the file holds no object.'],
    ['an object of other things', bytesOf({ a: 1 }), 'this is no tokenizer that is known ('],
    [
      'a model that is not known',
      bytesOf({
        model: { type: 'Oracle' },
        decoder: null,
        post_processor: null,
        pre_tokenizer: null,
        normalizer: null,
      }),
      'this is no tokenizer that is known (',
    ],
  ])('refuses %s', (_, bytes, sentence) => {
    expect(() => loadTokenizer(bytes)).toThrow(sentence);
  });

  test('refuses texts that no classifier reads', () => {
    const tokenizer = loadTokenizer(bytesOf(stored['wordpiece']!.file));
    expect(() => tokenizer.encode('x'.repeat(1_000_001), 8)).toThrow('a text has more than 1000000 characters.');
  });
});
