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
