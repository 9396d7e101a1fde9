import type { AttributeInput } from '../../../onnx/graph/builder.js';
import type { StoredWeight } from '../reading/hdf5.js';
import type { Layer, Weights } from '../lowering/layer.js';
import type { Settings } from '../lowering/settings.js';
import { hardSigmoidSlope, named } from './activations.js';

/** What one step of a recurrent layer computes, as an operator of ONNX takes it. */
export interface Cell {
  readonly op: 'LSTM' | 'GRU' | 'RNN';
  readonly units: number;
  /** W, R and B, each of one direction. */
  readonly constants: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeInput>>;
}

interface CellKind {
  readonly op: Cell['op'];
  /** Which gate of Keras stands at each place of ONNX. */
  readonly gates: readonly number[];
  /** The activations of one direction, in ONNX's order, with Keras' defaults. */
  readonly activations: readonly (readonly [setting: string, fallback: string])[];
}

const STATE = ['activation', 'tanh'] as const;
const GATE = ['recurrent_activation', 'sigmoid'] as const;

/** Keras has the gates i f c o and z r h; ONNX i o f c and z r h. */
const KINDS: Readonly<Record<string, CellKind>> = {
  LSTM: { op: 'LSTM', gates: [0, 3, 1, 2], activations: [GATE, STATE, STATE] },
  GRU: { op: 'GRU', gates: [0, 1, 2], activations: [GATE, STATE] },
  SimpleRNN: { op: 'RNN', gates: [0], activations: [STATE] },
};

/** @param inputs features of a step */
export function cellOf(layer: Layer, className: string, settings: Settings, inputs: number | null): Cell {
  const kind = KINDS[className] ?? layer.refuse(`steps through cells of the class \`${className}\``);
  const units = settings.number('units');
  const weights = layer.weights.part(['cell'], []);
  const width = kind.gates.length * units;
  const turned = (name: string, position: number, rows: number | null): string =>
    weights.constant(name, () =>
      oneDirection(gatesFirst(weights.stored(name, position, [rows, width]), kind.gates, units)),
    );
  const resetsAfter = kind.op === 'GRU' && settings.flag('reset_after', layer.runtime !== 'tfjs');
  const constants = [turned('kernel', 0, inputs), turned('recurrent_kernel', 1, units)];
  if (settings.flag('use_bias', true)) constants.push(biases(weights, kind.gates, units, resetsAfter));
  return {
    op: kind.op,
    units,
    constants,
    attributes: {
      hidden_size: units,
      ...(kind.op === 'GRU' ? { linear_before_reset: resetsAfter ? 1 : 0 } : {}),
      ...activationsOf(layer, kind, settings),
    },
  };
}

/** [rows, gates units] -> [gates units, rows] with the gates in ONNX's order. */
function gatesFirst({ shape, data }: StoredWeight, gates: readonly number[], units: number): StoredWeight {
  const [rows = 0, width = 0] = shape;
  const turned = new Float32Array(data.length);
  gates.forEach((from, to) => {
    for (let unit = 0; unit < units; unit++) {
      const target = (to * units + unit) * rows;
      for (let row = 0; row < rows; row++) turned[target + row] = data[row * width + from * units + unit] ?? 0;
    }
  });
  return { shape: [width, rows], data: turned };
}

function oneDirection({ shape, data }: StoredWeight): StoredWeight {
  return { shape: [1, ...shape], data };
}

/** Those of the input and those of the state; where Keras has one bias it is that of the input. */
function biases(weights: Weights, gates: readonly number[], units: number, areTwo: boolean): string {
  return weights.constant('bias', () => {
    const width = gates.length * units;
    const { data } = weights.stored('bias', 2, areTwo ? [2, width] : [width]);
    const both = new Float32Array(2 * width);
    for (let row = 0; row < data.length / width; row++) {
      const own = { shape: [1, width], data: data.subarray(row * width, (row + 1) * width) };
      both.set(gatesFirst(own, gates, units).data, row * width);
    }
    return { shape: [1, 2 * width], data: both };
  });
}

/** Defaults of ONNX are Keras' own; anything else is written down. */
function activationsOf(layer: Layer, { activations }: CellKind, settings: Settings): Record<string, AttributeInput> {
  const written = activations.map(([key, fallback]) => activationOf(layer, settings.get(key) ?? fallback));
  const alphas = written.flatMap(({ alpha }) => alpha ?? []);
  const betas = written.flatMap(({ beta }) => beta ?? []);
  return {
    activations: { kind: 'strings', value: written.map(({ name }) => name) },
    ...(alphas.length === 0 ? {} : { activation_alpha: { kind: 'floats', value: alphas } }),
    ...(betas.length === 0 ? {} : { activation_beta: { kind: 'floats', value: betas } }),
  };
}

interface CellActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

function activationOf(layer: Layer, written: unknown): CellActivation {
  const activation = named(written) ?? layer.refuse('has an activation that is code, which is never run');
  switch (activation.name) {
    case 'tanh':
      return { name: 'Tanh' };
    case 'sigmoid':
      return { name: 'Sigmoid' };
    case 'relu':
      return { name: 'Relu' };
    case 'linear':
      return { name: 'Affine', alpha: 1, beta: 0 };
    case 'hard_sigmoid':
      return { name: 'HardSigmoid', alpha: hardSigmoidSlope(layer.runtime), beta: 0.5 };
    case 'softsign':
      return { name: 'Softsign' };
    case 'softplus':
      return { name: 'Softplus' };
    case 'elu':
      return { name: 'Elu', alpha: 1 };
    default:
      return layer.refuse(`has the activation \`${activation.name}\` in its steps, which ONNX has not`);
  }
}
