import type { Tensor } from '#base/tensor';
import type { ImageDomain } from '#target/domain';
import { IDENTITY, type Front } from './front.js';

/**
 * Bit-depth reduction (Xu, Evans & Qi 2018, arXiv:1704.01155, section 3.1): each value goes to the nearest of 2^bits levels
 * that lie evenly from the low end of the range to the high one, halves upwards. Goes back by the identity.
 */
export function bitDepth({ range }: Pick<ImageDomain, 'range'>, bits: number): Front {
  const [low, high] = range;
  const steps = 2 ** bits - 1;
  const apply = ({ shape, data }: Tensor): Tensor => {
    const reduced = new Float32Array(data.length);
    const up = steps / (high - low);
    const down = (high - low) / steps;
    for (let i = 0; i < data.length; i++) {
      const level = Math.round(((data[i] ?? NaN) - low) * up);
      reduced[i] = low + Math.min(Math.max(level, 0), steps) * down;
    }
    return { shape, data: reduced };
  };
  return { name: `Reducing pixels to ${bits} ${bits === 1 ? 'bit' : 'bits'}`, apply, surrogates: [IDENTITY] };
}
