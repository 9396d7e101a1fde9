import { digestOfBytes } from '#base/digest';
import type { Pictures, TargetFacts } from '#plugin/plugin';
import type { Picture } from '#report/details';
import type { ImageDomain } from '#target/domain';
import type { StoredEvidence, StoredExample } from './evidence-store.js';
import {
  amplificationFor,
  drawMap,
  drawPerturbation,
  drawSample,
  isDrawable,
  pixelMap,
  summarizeMap,
  type Drawing,
} from './png.js';
import { wordLabel, wordPrediction } from './predictions.js';

/** The pictures of one cell: what its details refer to, and the files that have to lie there. */
export interface DrawnPictures {
  readonly pictures: Pictures;
  readonly files: readonly PictureFile[];
}

export interface PictureFile {
  /** Below the run folder, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface PictureOptions {
  /** Null where there is no target. */
  readonly facts: TargetFacts | null;
  readonly labels: readonly string[] | null;
  /** The name of the cell's folders. */
  readonly folder: string;
  /** `ids`: inputs are named by their index only. */
  readonly samples: 'show' | 'ids';
}

export const NO_PICTURES: Pictures = { examples: [], maps: [], mapScale: 0 };

/** Pure: the same evidence gives the same files. Only images of one or three channels are drawn. */
export function drawPictures(evidence: StoredEvidence, options: PictureOptions): DrawnPictures {
  if (options.facts === null) return { pictures: NO_PICTURES, files: [] };
  const { domain } = options.facts;
  const canvas = domain.kind === 'image' && isDrawable(domain) && options.samples === 'show' ? domain : null;
  const files = new Map<string, Uint8Array>();
  const place = (name: string, drawing: Drawing | null): Picture | null => {
    if (drawing === null) return null;
    const path = `counterexamples/${options.folder}/${name}.png`;
    files.set(path, drawing.bytes);
    return { file: path, sha256: digestOfBytes(drawing.bytes), width: drawing.width, height: drawing.height };
  };
  const pictures: Pictures = {
    examples: drawExamples(evidence, options.facts, options.labels, canvas, place),
    ...drawMaps(evidence, canvas, place),
  };
  return { pictures, files: [...files].map(([path, bytes]) => ({ path, bytes })) };
}

type Place = (name: string, drawing: Drawing | null) => Picture | null;

function drawExamples(
  evidence: StoredEvidence,
  { head }: TargetFacts,
  labels: readonly string[] | null,
  canvas: ImageDomain | null,
  place: Place,
): Pictures['examples'] {
  const shown = evidence.examples.filter((example) => example.why !== null);
  const amplification = canvas === null ? 1 : amplificationFor(canvas, largestChange(shown));
  return shown.map((example) => {
    const { sample, epsilon, norm, original, changed } = example;
    const drawn = canvas !== null && [original, changed].every(({ length }) => length === sizeOfSample(canvas));
    return {
      sample,
      epsilon,
      norm,
      why: example.why ?? '',
      truth: wordLabel(head, labels, example.label),
      before: wordPrediction(head, labels, example.scoresBefore),
      after: wordPrediction(head, labels, example.scoresAfter),
      amplification,
      original: place(`${sample}-original`, drawn ? drawSample(canvas, original) : null),
      perturbation: place(
        `${sample}-perturbation`,
        drawn ? drawPerturbation(canvas, original, changed, amplification) : null,
      ),
      adversarial: place(`${sample}-adversarial`, drawn ? drawSample(canvas, changed) : null),
    };
  });
}

function drawMaps(
  evidence: StoredEvidence,
  canvas: ImageDomain | null,
  place: Place,
): Pick<Pictures, 'maps' | 'mapScale'> {
  const pixels = evidence.maps.map(({ map }) => (canvas === null ? null : pixelMap(canvas, map)));
  const mapScale = pixels.reduce((scale, map) => Math.max(scale, largestOf(map ?? new Float32Array())), 0);
  const maps = evidence.maps.map(({ sample, caption, input }, i) => {
    const map = pixels[i] ?? null;
    const drawn = canvas !== null && map !== null && input.length === sizeOfSample(canvas);
    return {
      sample,
      caption,
      input: place(`${sample}-input`, drawn ? drawSample(canvas, input) : null),
      map: place(`${sample}-map-${i}`, drawn ? drawMap(canvas, map, mapScale) : null),
      summary: drawn ? summarizeMap(canvas, map) : null,
    };
  });
  return { maps, mapScale };
}

function sizeOfSample(domain: ImageDomain): number {
  return domain.shape.reduce((product, size) => product * size, 1);
}

/** The largest absolute change of one value: for the Linf norm, epsilon. */
function largestChange(examples: readonly StoredExample[]): number {
  return examples.reduce(
    (largest, { original, changed }) =>
      Math.max(
        largest,
        changed.reduce((most, value, i) => larger(most, Math.abs(value - (original[i] ?? 0))), 0),
      ),
    0,
  );
}

function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => larger(most, Math.abs(value)), 0);
}

function larger(most: number, value: number): number {
  return Number.isFinite(value) && value > most ? value : most;
}
