import { digestOfBytes } from '#base/digest';
import type { Picture } from '#report/details';
import { negativeMask, readHeatMap, recoloured, reducedMap, type HeatMap } from '#report/heat-map';
import type { Finding } from '#report/report';
import type { PageWords } from '../language/en.js';
import type { Image } from './figure-schema.js';
import { dimensionsOf, smallerPng, type Sampling } from './thumbnail.js';

/** Puts the pictures of a run folder on the page as long as the page stays small. */
export interface Pictures {
  /** `text` is what the picture shows, in words. */
  image(picture: Picture | null, text: string, sampling: Sampling): Image;
  /** A heat map in the colours of a scale of which its own is a share; a picture that is none as it is. */
  map(picture: Picture | null, text: string, id: string, share: number): Image;
  /** Whether its colours can be those of another scale. */
  hasScale(picture: Picture | null): boolean;
  /** What full colour stands for throughout the page, by the unit of the maps. */
  readonly scales: ReadonlyMap<string, number>;
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
  findings: readonly Pick<Finding, 'details'>[],
  readFile: (path: string) => Uint8Array | null,
  words: PageWords['figures'],
): Pictures {
  const absent = (what: string, why: string, original: string | null): Image => ({
    source: null,
    hatched: null,
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

  /** Its bytes, or why there are none. */
  const recorded = (picture: Picture | null): Uint8Array | string => {
    if (picture === null) return words.notKept;
    const bytes = isBelow(picture.file) ? readFile(picture.file) : null;
    if (bytes === null) return words.missing;
    return digestOfBytes(bytes) === picture.sha256 ? bytes : words.changed;
  };

  const image: Pictures['image'] = (picture, text, sampling) => {
    const bytes = recorded(picture);
    if (picture === null || typeof bytes === 'string') return absent(text, String(bytes), null);
    const size = dimensionsOf(bytes);
    if (size === null) return absent(text, words.noPicture, null);

    const fits = bytes.length <= share && Math.max(size.width, size.height) <= LARGEST_SIDE;
    const inlined = fits ? { bytes, ...size } : smallerPng(bytes, SIDES, Math.min(share, left), sampling);
    const original = fits ? null : linkTo(picture.file);
    if (inlined === null || inlined.bytes.length > left) {
      return absent(text, words.leftOut, linkTo(picture.file));
    }
    left -= inlined.bytes.length;
    return { source: inline(inlined.bytes), hatched: null, ...drawnSize(inlined), text, original };
  };

  const mapOf = (picture: Picture | null): HeatMap | null => {
    const bytes = recorded(picture);
    return typeof bytes === 'string' ? null : readHeatMap(bytes);
  };

  return {
    image,
    map(picture, text, id, shareOfScale) {
      const whole = mapOf(picture);
      if (picture === null || whole === null) return image(picture, text, 'nearest');
      const longest = Math.max(whole.width, whole.height);
      for (const side of [LARGEST_SIDE, ...SIDES].filter((side) => side <= longest || side === LARGEST_SIDE)) {
        const map = reducedMap(whole, side);
        const [bytes, mask] = [recoloured(map, shareOfScale), negativeMask(map)];
        if (bytes.length + mask.length > Math.min(share, left)) continue;
        left -= bytes.length + mask.length;
        const original = side < longest ? linkTo(picture.file) : null;
        return { source: inline(bytes), hatched: { id, mask: inline(mask) }, ...drawnSize(map), text, original };
      }
      return absent(text, words.leftOut, linkTo(picture.file));
    },
    hasScale: (picture) => mapOf(picture) !== null,
    scales: scalesOf(findings),
  };
}

function inline(bytes: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
}

/** By the unit of the maps: the largest of their scales, so that colours can be compared wherever they stand on the page. */
function scalesOf(findings: readonly Pick<Finding, 'details'>[]): Map<string, number> {
  const scales = new Map<string, number>();
  for (const detail of findings.flatMap(({ details }) => details)) {
    if (detail.kind !== 'heat-maps') continue;
    const unit = detail.unit ?? '';
    scales.set(unit, Math.max(scales.get(unit) ?? 0, detail.scale));
  }
  return scales;
}

function countPictures(findings: readonly Pick<Finding, 'details'>[]): number {
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
