import { digestOfBytes } from '#base/digest';
import type { Picture } from '#report/details';
import type { Finding } from '#report/report';
import type { PageWords } from '../language/en.js';
import type { Image } from './figure-schema.js';
import { dimensionsOf, smallerPng, type Sampling } from './thumbnail.js';

/** Puts the pictures of a run folder on the page as long as the page stays small. */
export interface Pictures {
  /** `text` is what the picture shows, in words. */
  image(picture: Picture | null, text: string, sampling: Sampling): Image;
}

/** PNG bytes on one page: with a third more for base64, and the rest of the page, less than 3 MB. */
const PAGE_BYTES = 1_400_000;
/** What each picture may take at least, while the page has room: a small colour picture fits. */
const LEAST_BYTES = 2_500;
const MOST_BYTES = 32_000;
/** The box in which pictures are drawn, in CSS pixels: four times a 28 x 28 picture. */
const BOX = 112;
/** Larger pictures are inlined as smaller ones, with a link to the whole. */
const LARGEST_SIDE = 2 * BOX;
const SIDES = [112, 96, 80, 64, 48, 32];

/** The pictures of the findings that are shown with their evidence. */
export function picturesOf(
  findings: readonly Finding[],
  readFile: (path: string) => Uint8Array | null,
  words: PageWords['figures'],
): Pictures {
  const absent = (what: string, why: string, original: string | null): Image => ({
    source: null,
    width: BOX,
    height: BOX,
    text: words.absent(what, why),
    original,
  });
  const share = Math.min(
    MOST_BYTES,
    Math.max(LEAST_BYTES, Math.floor(PAGE_BYTES / Math.max(1, countPictures(findings)))),
  );
  let left = PAGE_BYTES;
  return {
    image(picture, text, sampling) {
      if (picture === null) return absent(text, words.notKept, null);
      const bytes = isBelow(picture.file) ? readFile(picture.file) : null;
      const size = bytes === null ? null : dimensionsOf(bytes);
      if (bytes === null) return absent(text, words.missing, null);
      if (digestOfBytes(bytes) !== picture.sha256) {
        return absent(text, words.changed, null);
      }
      if (size === null) return absent(text, words.noPicture, null);

      const fits = bytes.length <= share && Math.max(size.width, size.height) <= LARGEST_SIDE;
      const inlined = fits ? { bytes, ...size } : smallerPng(bytes, SIDES, Math.min(share, left), sampling);
      const original = fits ? null : linkTo(picture.file);
      if (inlined === null || inlined.bytes.length > left) {
        return absent(text, words.leftOut, linkTo(picture.file));
      }
      left -= inlined.bytes.length;
      const source = `data:image/png;base64,${Buffer.from(inlined.bytes).toString('base64')}`;
      return { source, ...drawnSize(inlined), text, original };
    },
  };
}

function countPictures(findings: readonly Finding[]): number {
  const details = findings.flatMap((finding) => finding.details);
  return details.reduce((count, detail) => {
    if (detail.kind === 'image-pairs') return count + 3 * detail.rows.length;
    if (detail.kind === 'heat-maps') return count + 2 * detail.rows.length;
    return count;
  }, 0);
}

/** Whole multiples, so that every pixel is drawn as large as its neighbour. */
function drawnSize({ width, height }: { readonly width: number; readonly height: number }) {
  const side = Math.max(width, height);
  const scale = side <= BOX ? Math.floor(BOX / side) : BOX / side;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Paths come from the report, which may have been edited: only files of the run folder are read or linked to. */
function isBelow(path: string): boolean {
  return path !== '' && !/[\\:\0]/.test(path) && path.split('/').every((part) => !['', '.', '..'].includes(part));
}

function linkTo(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
