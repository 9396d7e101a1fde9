import { isList } from '../../json-value.js';
import { realTensor, type Layer, type Lowering } from '../lowering/layer.js';
import type { Size } from '../lowering/value.js';
import { imagesOf, valueOf } from './images.js';

type Sides = readonly [number, number];

/** What is added to, or taken from, both ends of each axis. */
function sidesOf(layer: Layer, key: string, axes: number): Sides[] {
  const written = layer.settings.get(key) ?? 1;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  const wrong = (): never => layer.broken(`has a \`${key}\` that is no list of pairs`);
  if (isCount(written)) return Array.from({ length: axes }, () => [written, written] as const);
  if (!isList(written)) return wrong();
  // Of one axis the pair stands alone.
  if (axes === 1 && written.length === 2) return sidesIn([written]) ?? wrong();
  if (written.length !== axes) return axes === 1 && isList(written[0]) ? (sidesIn(written) ?? wrong()) : wrong();
  return sidesIn(written.map((side) => (isCount(side) ? [side, side] : side))) ?? wrong();
}

function sidesIn(pairs: readonly unknown[]): Sides[] | null {
  const sides = pairs.map((pair) => {
    const [before, behind] = isList(pair) ? pair : [];
    const isPair =
      Number.isSafeInteger(before) && Number.isSafeInteger(behind) && Number(before) >= 0 && Number(behind) >= 0;
    return isPair ? ([Number(before), Number(behind)] as const) : null;
  });
  return sides.every((pair) => pair !== null) ? sides : null;
}

function zeroPadding(axes: number): Lowering {
  return (layer, call) => {
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const sides = sidesOf(layer, 'padding', axes);
    const pads = [0, 0, ...sides.map(([before]) => before), 0, 0, ...sides.map(([, behind]) => behind)];
    const name = layer.graph.node('Pad', [images.name, layer.graph.integers(pads)]);
    return valueOf({
      ...images,
      name,
      spatial: images.spatial.map((size, i) => changed(size, sides[i], 1)),
      mask: null,
    });
  };
}

function cropping(axes: number): Lowering {
  return (layer, call) => {
    const images = imagesOf(layer, realTensor(layer, call), axes);
    const sides = sidesOf(layer, 'cropping', axes);
    const { graph } = layer;
    const starts = sides.map(([before]) => before);
    const ends = sides.map(([, behind]) => (behind === 0 ? TO_THE_END : -behind));
    const along = sides.map((_, i) => i + 2);
    const name = graph.node('Slice', [
      images.name,
      graph.integers(starts),
      graph.integers(ends),
      graph.integers(along),
    ]);
    const spatial = images.spatial.map((size, i) => changed(size, sides[i], -1));
    if (spatial.some((size) => size !== null && size <= 0)) return layer.broken('crops all that there is');
    return valueOf({ ...images, name, spatial, mask: null });
  };
}

const TO_THE_END = 2 ** 31 - 1;

function changed(size: Size, [before, behind]: Sides = [0, 0], sign: number): Size {
  return size === null ? null : size + sign * (before + behind);
}

export const paddingLayers: Readonly<Record<string, Lowering>> = {
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  ZeroPadding3D: zeroPadding(3),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Cropping3D: cropping(3),
};
