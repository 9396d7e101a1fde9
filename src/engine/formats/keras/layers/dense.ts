import { realTensor, weight, type Layer, type Lowering } from '../lowering/layer.js';
import { plainValue, rankOf, type Size, type Value } from '../lowering/value.js';
import { activate } from './activations.js';

/** [n, ..., inputs] -> [n, ..., units] */
const dense: Lowering = (layer, call) => {
  const value = layer.layouts.plain(realTensor(layer, call));
  const units = layer.settings.number('units');
  const kernel = weight(layer, 'kernel', 0, [value.shape.at(-1) ?? null, units]);
  const bias = layer.settings.flag('use_bias', true) ? weight(layer, 'bias', 1, [units]) : null;
  const name = affine(layer, value, kernel, bias);
  const result = { ...plainValue(name, [...value.shape.slice(0, -1), units]), mask: value.mask };
  return activate(layer, result, layer.settings.get('activation'));
};

function affine({ graph }: Layer, value: Value, kernel: string, bias: string | null): string {
  if (rankOf(value) === 2) return graph.node('Gemm', bias === null ? [value.name, kernel] : [value.name, kernel, bias]);
  const product = graph.node('MatMul', [value.name, kernel]);
  return bias === null ? product : graph.node('Add', [product, bias]);
}

/** Any linear map that an equation of one input and one kernel says. */
const einsumDense: Lowering = (layer, call) => {
  const value = layer.layouts.plain(realTensor(layer, call));
  return einsum(layer, value, {
    equation: layer.settings.text('equation'),
    biasAxes: layer.settings.get('bias_axes'),
    activation: layer.settings.get('activation'),
  });
};

interface EinsumSettings {
  readonly equation: string;
  readonly biasAxes: unknown;
  readonly activation: unknown;
}

function einsum(layer: Layer, value: Value, { equation, biasAxes, activation }: EinsumSettings): Value {
  const { input, kernel, output } = readEquation(equation) ?? layer.broken(`has the equation \`${equation}\``);
  const inputAxes = expanded(input, rankOf(value));
  const outputAxes = expanded(output, rankOf(value) - letters(input).length + letters(output).length);
  const stored = layer.weights.stored(
    'kernel',
    0,
    Array.from(kernel, () => null),
  );
  const sizes = new Map<string, Size>(stored.shape.map((size, i) => [kernel[i] ?? '', size]));
  inputAxes.forEach((axis, i) => {
    const size = value.shape[i] ?? null;
    if (!sizes.has(axis)) sizes.set(axis, size);
    else if (size !== null && sizes.get(axis) !== size) layer.broken(`has a kernel that does not fit its input`);
  });
  const [batch = null] = value.shape;
  const shape = outputAxes.map((axis, i) => (i === 0 ? batch : (sizes.get(axis) ?? null)));
  const constant = layer.weights.constant('kernel', () => stored);
  const { graph } = layer;
  const product = graph.node('Einsum', [value.name, constant], { equation: `${input},${kernel}->${output}` });
  // It was stored with size one along the axes behind its first that it does not have.
  const name = typeof biasAxes === 'string' ? graph.node('Add', [product, weight(layer, 'bias', 1, null)]) : product;
  return activate(layer, { ...plainValue(name, shape), mask: value.mask }, activation);
}

/** `ab...,bc->ac...` in parts. */
function readEquation(equation: string): { input: string; kernel: string; output: string } | null {
  const match = /^([A-Za-z.]+),([A-Za-z]+)->([A-Za-z.]+)$/.exec(equation.replaceAll(' ', ''));
  if (match === null) return null;
  const [, input = '', kernel = '', output = ''] = match;
  return { input, kernel, output };
}

function letters(term: string): string[] {
  return Array.from(term.replaceAll('.', ''));
}

/** One letter an axis; those of an ellipsis are numbered from the left. */
function expanded(term: string, rank: number): string[] {
  const hidden = Array.from({ length: Math.max(rank - letters(term).length, 0) }, (_, i) => `${i}`);
  const [before = '', behind] = term.split('...');
  return behind === undefined ? letters(term) : [...letters(before), ...hidden, ...letters(behind)];
}

export const denseLayers: Readonly<Record<string, Lowering>> = { Dense: dense, EinsumDense: einsumDense };
