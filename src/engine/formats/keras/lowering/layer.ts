import { sizeOf } from '#base/tensor';
import type { GraphBuilder } from '../../../onnx/graph/builder.js';
import { float32Constant } from '../../../onnx/graph/constants.js';
import type { StoredWeight } from '../reading/hdf5.js';
import type { LayerWeights } from '../weights/weights.js';
import type { Settings } from './settings.js';
import type { Layouts, Size, Value } from './value.js';

/** Whose arithmetic the file means: some layers compute something else from one to the next. */
export type Runtime = 'keras-2' | 'keras-3' | 'tfjs';

/** What a layer is called with. */
export type Argument =
  | { readonly kind: 'tensor'; readonly value: Value }
  | { readonly kind: 'list'; readonly items: readonly Argument[] }
  | { readonly kind: 'value'; readonly value: unknown };

export interface Call {
  readonly args: readonly Argument[];
  readonly kwargs: ReadonlyMap<string, Argument>;
}

/** A layer that is being lowered, and what it may use. */
export interface Layer {
  readonly name: string;
  readonly className: string;
  readonly module: string | null;
  readonly settings: Settings;
  readonly runtime: Runtime;
  readonly graph: GraphBuilder;
  readonly layouts: Layouts;
  readonly weights: Weights;
  /** Something that is said beside the lowered model. */
  readonly note: (sentence: string) => void;
  /** The file contradicts itself. */
  readonly broken: (what: string) => never;
  /** There is no lowering for this. */
  readonly refuse: (what: string) => never;
  /** Of a layer that is a model. */
  readonly network: ((inputs: readonly Value[]) => readonly Value[]) | null;
  /**
   * A layer that this one wraps.
   *
   * @param config as this layer's configuration has it
   * @param attributes where this layer keeps it, as {@link LayerWeights.part} takes them
   */
  readonly wrapped: (config: unknown, attributes: readonly string[], names?: readonly string[]) => Layer;
  /** What a layer gives for a call. */
  readonly lower: (layer: Layer, call: Call) => readonly Value[];
}

export type Lowering = (layer: Layer, call: Call) => Value | readonly Value[];

/** The weights of a layer as constants of the graph, each once however often the layer is called. */
export interface Weights {
  /** As it was stored; an error where it is missing or has another shape than is asked for. */
  readonly stored: (name: string, position: number, shape: readonly Size[] | null) => StoredWeight;
  /** Whether the file has it. */
  readonly has: (name: string, position: number) => boolean;
  /** A constant that `make` gives the first time; its name tells the layer and the weight. */
  readonly constant: (name: string, make: () => StoredWeight) => string;
  readonly part: (attributes: readonly string[], names: readonly string[]) => Weights;
}

/** The constants of a graph by what they are called in the end, and what that is. */
export interface KnownConstants {
  readonly graph: GraphBuilder;
  readonly known: Map<string, string>;
  readonly names: Map<string, string>;
}

/** @param path of the layer, in front of the names of its weights */
export function weightsOf(
  weights: LayerWeights,
  path: string,
  parts: KnownConstants,
  broken: (what: string) => never,
): Weights {
  return {
    has: (name, position) => weights.read(name, position) !== null,
    stored: (name, position, shape) => {
      const weight = weights.read(name, position) ?? broken(`has no weight \`${name}\` in the file`);
      if (shape === null) return weight;
      const fits =
        shape.length === weight.shape.length && shape.every((size, i) => size === null || size === weight.shape[i]);
      if (fits) return weight;
      const wanted = shape.map((size) => size ?? 'any').join(', ');
      return broken(`has a weight \`${name}\` of shape [${weight.shape.join(', ')}] where it takes [${wanted}]`);
    },
    constant: (name, make) => {
      const key = `${path}/${name}`;
      const known = parts.known.get(key);
      if (known !== undefined) return known;
      const { shape, data } = make();
      const constant = parts.graph.constant(float32Constant(shape, data));
      parts.known.set(key, constant);
      parts.names.set(constant, key);
      return constant;
    },
    part: (attributes, names) =>
      weightsOf(weights.part(attributes, names), `${path}/${names[0] ?? attributes[0] ?? ''}`, parts, broken),
  };
}

/** A weight of the file as it is. */
export function weight(
  layer: Pick<Layer, 'weights'>,
  name: string,
  position: number,
  shape: readonly Size[] | null,
): string {
  return layer.weights.constant(name, () => layer.weights.stored(name, position, shape));
}

/** The only tensor that a layer takes, as it is. */
export function onlyTensor(layer: Layer, call: Call): Value {
  const [first, ...others] = tensorsOf(call.args);
  if (first === undefined || others.length > 0) {
    return layer.broken(`takes one input and is called with ${others.length + (first === undefined ? 0 : 1)}`);
  }
  return first;
}

/** The only tensor that a layer takes, as real numbers. */
export function realTensor(layer: Layer, call: Call): Value {
  return asReal(layer, onlyTensor(layer, call));
}

export function asReal({ graph }: Layer, value: Value): Value {
  return value.type === 'float32' ? value : { ...value, name: graph.cast(value.name, 'float32'), type: 'float32' };
}

/** All tensors among arguments, those in lists too. */
export function tensorsOf(args: readonly Argument[]): Value[] {
  return args.flatMap((argument) => {
    if (argument.kind === 'tensor') return [argument.value];
    return argument.kind === 'list' ? tensorsOf(argument.items) : [];
  });
}

/** The argument of a name, or at a place; undefined where it is left out or None. */
export function argumentOf(call: Call, name: string, position: number): Argument | undefined {
  const argument = call.kwargs.get(name) ?? call.args[position];
  return argument?.kind === 'value' && (argument.value ?? null) === null ? undefined : argument;
}

export function tensorArgument(call: Call, name: string, position: number): Value | undefined {
  const argument = argumentOf(call, name, position);
  return argument?.kind === 'tensor' ? argument.value : undefined;
}

/** An option of a call that is no tensor. */
export function optionOf(call: Call, name: string): unknown {
  const argument = call.kwargs.get(name);
  return argument?.kind === 'value' ? (argument.value ?? undefined) : undefined;
}

/** The mask of a call: given by name, as Keras 3 writes it, or carried by the input, as Keras 2 has it. */
export function maskOf(call: Call, value: Value | undefined): string | null {
  const given = call.kwargs.get('mask');
  if (given?.kind === 'tensor') return given.value.name;
  return value?.mask ?? null;
}

/** A call with nothing but tensors. */
export function callWith(...values: readonly Value[]): Call {
  return { args: values.map((value) => ({ kind: 'tensor', value })), kwargs: new Map() };
}

/** How many values all sizes make, where they are known. */
export function knownSize(sizes: readonly Size[]): number | null {
  return sizes.every((size) => size !== null) ? sizeOf(sizes) : null;
}
