import { sizeOf } from '#base/tensor';
import type { StoredWeight } from '../reading/hdf5.js';

/** [...area, inputs, outputs] -> [outputs, inputs, ...area], and of a transposed kernel the other way. */
export function channelsInFront({ shape, data }: StoredWeight): StoredWeight {
  const area = shape.slice(0, -2);
  const [inputs = 0, outputs = 0] = shape.slice(-2);
  const places = sizeOf(area);
  const moved = new Float32Array(data.length);
  let from = 0;
  for (let place = 0; place < places; place++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        moved[(output * inputs + input) * places + place] = data[from++] ?? 0;
      }
    }
  }
  return { shape: [outputs, inputs, ...area], data: moved };
}

/** [...area, channels, multiplier] -> [channels multiplier, 1, ...area]: each channel has filters of its own. */
export function ofEachChannel({ shape, data }: StoredWeight): StoredWeight {
  const [channels = 0, multiplier = 0] = shape.slice(-2);
  const flat = [...shape.slice(0, -2), 1, channels * multiplier];
  return channelsInFront({ shape: flat, data });
}
