import { readFileSync } from 'node:fs';
import { crc32, deflateSync, gunzipSync } from 'node:zlib';
import { rng } from '#stats/random';
import { decodePicture } from './decode.js';
import type { Picture } from './picture.js';

interface Stored {
  readonly pictures: readonly {
    readonly name: string;
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly rgb: string;
    readonly gray: string;
    readonly upright?: { readonly width: number; readonly height: number; readonly rgb: string };
  }[];
  readonly broken: Readonly<Record<string, string>>;
}

const stored = JSON.parse(gunzipSync(readFileSync('fixtures/readers/pictures.json.gz')).toString()) as Stored;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const broken = (name: string): Uint8Array => bytesOf(stored.broken[name] ?? '');
const pictureFile = (name: string): Uint8Array => bytesOf(stored.pictures.find((each) => each.name === name)!.file);

const RGB = { channels: 3, orient: false } as const;

/** The widest difference of two pictures' bytes, of 255. */
function difference(picture: Picture, expected: Uint8Array): number {
  expect(picture.data).toHaveLength(expected.length);
  return picture.data.reduce((most, byte, i) => Math.max(most, Math.abs(byte - (expected[i] ?? 0))), 0);
}

describe('decodes as Pillow does', () => {
  test.each(stored.pictures)('$name', async ({ name, file, width, height, rgb, gray }) => {
    const colours = await decodePicture(bytesOf(file), RGB, name);
    expect(colours).toMatchObject({ width, height, channels: 3 });
    // The codecs share their integer arithmetic with libjpeg, libwebp and zlib: nothing is left to rounding.
    expect(difference(colours, bytesOf(rgb))).toBe(0);
    const shades = await decodePicture(bytesOf(file), { channels: 1, orient: false }, name);
    expect(shades.channels).toBe(1);
    expect(difference(shades, bytesOf(gray))).toBe(0);
  });

  const turned = stored.pictures.flatMap(({ name, file, upright }) => (upright ? [{ name, file, upright }] : []));
  test.each(turned)('$name, turned as it says where that is asked for', async ({ name, file, upright }) => {
    const picture = await decodePicture(bytesOf(file), { channels: 3, orient: true }, name);
    expect(picture).toMatchObject({ width: upright.width, height: upright.height });
    expect(difference(picture, bytesOf(upright.rgb))).toBe(0);
  });

  test('and has both turned and mirrored pictures to show it on', () => expect(turned).toHaveLength(8));

  test('but for 16 bits of gray: to their upper 8, where Pillow cuts off all above 255', async () => {
    const shades = [0, 255, 256, 1000, 0x7fff, 0xffff];
    const row = Buffer.alloc(1 + 2 * shades.length);
    shades.forEach((shade, i) => row.writeUInt16BE(shade, 1 + 2 * i));
    const header = Buffer.from([0, 0, 0, shades.length, 0, 0, 0, 1, 16, 0, 0, 0, 0]);
    const png = Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      ...[chunk('IHDR', header), chunk('IDAT', deflateSync(row)), chunk('IEND', Buffer.alloc(0))],
    ]);
    const { data } = await decodePicture(png, { channels: 1, orient: false }, 'x');
    expect([...data]).toEqual([0, 0, 1, 3, 127, 255]);
  });
});

describe('refuses in one sentence', () => {
  const refusal = (bytes: Uint8Array): Promise<string> =>
    decodePicture(bytes, RGB, 'a.png').then(
      () => 'nothing',
      (thrown: unknown) => (thrown as Error).message,
    );

  test.each([
    [
      'cmyk.jpg',
      'a.png: the JPEG picture is of four inks (CMYK). Convert it to RGB: how inks become colours is not in the file.',
    ],
    ['animated.png', 'a.png: the picture is animated. Store one frame of it.'],
    ['animated.webp', 'a.png: the picture is animated. Store one frame of it.'],
    ['frames.gif', 'a.png: this is not a PNG, JPEG or WebP picture but a GIF. Store it as one of these.'],
    [
      'bomb.png',
      'a.png: the picture declares 50000 x 50000 pixels, more than the 67108864 that are decoded. Store it smaller.',
    ],
  ])('%s', async (name, sentence) => {
    expect(await refusal(broken(name))).toBe(sentence);
  });

  test.each(['rgb.png', 'rgb-interlaced.png', 'colours.jpg', 'progressive.jpg', 'lossy.webp', 'lossless.webp'])(
    '%s when it is cut off anywhere',
    async (name) => {
      const whole = pictureFile(name);
      for (let share = 0; share < 1; share += 1 / 16) {
        // A JPEG without its last two bytes lacks only the mark of its end.
        const cut = whole.subarray(0, Math.min(Math.floor(whole.length * share), whole.length - 3));
        expect(await refusal(cut)).toMatch(/^a\.png: (this is not|the) [^\n]*\.$/);
      }
    },
  );

  test('no pixels at all', async () => {
    const jpeg = pictureFile('gray.jpg');
    const frame = Buffer.from(jpeg).indexOf(Uint8Array.of(0xff, 0xc0, 0, 11, 8));
    jpeg.set([0, 0], frame + 5);
    expect(await refusal(jpeg)).toMatch('which is none');
  });

  test('a picture that inflates to more than its size, interlaced too', async () => {
    for (const name of ['rgb.png', 'rgb-interlaced.png']) {
      const png = Buffer.from(pictureFile(name));
      // One row less than there is; its checksum is made anew.
      const header = Buffer.from(png.subarray(12, 29));
      header.writeUInt32BE(16, 8);
      header.copy(png, 12);
      png.writeUInt32BE(crc32(header), 29);
      expect(await refusal(png)).toMatch(/holds (more than the )?\d+ bytes/);
    }
  });

  test('a JPEG of more passes than anyone draws', async () => {
    const jpeg = pictureFile('gray.jpg');
    const scan = Uint8Array.of(0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0);
    const scans = Buffer.concat([jpeg.subarray(0, -2), ...Array.from({ length: 101 }, () => scan)]);
    expect(await refusal(scans)).toMatch('drawn in more than 100 passes');
  });

  test('whatever is wrong with any byte, and goes on with the next picture', async () => {
    const random = rng('broken pictures');
    const whole = stored.pictures.filter(({ name }) => /^(rgb|palette-4|colours|progressive|loss|alpha)/.test(name));
    for (const { file, rgb, name } of whole) {
      for (let round = 0; round < 25; round++) {
        const bytes = bytesOf(file);
        for (let change = 0; change < 3; change++) {
          bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
        }
        const outcome = await refusal(bytes);
        if (outcome !== 'nothing') expect(outcome).toMatch(/^a\.png: [^\n]+\.$/);
      }
      expect(difference(await decodePicture(bytesOf(file), RGB, name), bytesOf(rgb))).toBe(0);
    }
  });
});

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
