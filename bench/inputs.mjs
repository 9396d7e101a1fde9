/** The inputs of a model of gradients.mjs, the same as bench/peers/gradient_torch.py makes: x_i = (i * 2654435761 mod 2^32) / 2^32. */
export function inputsOf({ kind, shape, vocabulary }, samples = shape[0]) {
  const own = [samples, ...shape.slice(1)];
  const length = own.reduce((a, b) => a * b, 1);
  if (kind === 'images') return { shape: own, data: Float32Array.from({ length }, (_, i) => hashed(i) * 2 ** -32) };
  return new Map([
    ['input_ids', { shape: own, data: Float32Array.from({ length }, (_, i) => hashed(i) % vocabulary) }],
    ['attention_mask', { shape: own, data: new Float32Array(length).fill(1) }],
  ]);
}

function hashed(i) {
  return Math.imul(i, 2654435761) >>> 0;
}

/** Dropout by masks as fixtures/make/trained/masks.py makes them: kept when a hash of layer, step and index says so. */
export function hashedMasks(layers) {
  return (layer, step, shape, ratio) => {
    const seed = (Math.imul(step, 0x9e3779b1) + Math.imul(layers.indexOf(layer), 0x85ebca77)) | 0;
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    const kept = new Uint8Array(length);
    for (let i = 0; i < length; i++) kept[i] = mixed(seed, i) >= ratio ? 1 : 0;
    return kept;
  };
}

/** Uniform in [0, 1): lowbias32 of fixtures/make/exported/draws.py. */
function mixed(seed, i) {
  let x = (Math.imul(i, 0x9e3779b9) + seed) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) * 2 ** -32;
}
