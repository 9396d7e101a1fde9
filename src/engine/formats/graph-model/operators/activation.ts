import { float } from '../../../onnx/graph/builder.js';
import type { AttributeInputs } from '../emitter.js';
import type { NodeContext } from '../node-context.js';
import type { TensorValue } from '../value.js';
import { aligned } from '../broadcast.js';

/** What a fused operator does behind its product: a bias, then an activation, as `fused_ops` names them. */
export interface Fused {
  readonly bias: TensorValue | null;
  /** Null where there is no activation. */
  readonly activation: Activation | null;
}

type Activation = (context: NodeContext, x: TensorValue) => TensorValue;

/** Reads `fused_ops` and the further inputs that belong to it, which begin at `first`. */
export function readFused(context: NodeContext, first: number): Fused {
  const names = (context.attributes.texts('fused_ops') ?? []).map((name) => name.toLowerCase());
  const hasBias = names[0] === 'biasadd';
  const activations = hasBias ? names.slice(1) : names;
  const [name = 'linear', ...others] = activations;
  if (others.length > 0 || name === 'fusedbatchnorm') context.fail(`fuses ${names.join(', ')}`);
  const bias = hasBias ? context.tensor(first) : null;
  return { bias, activation: activationOf(context, name, first + (hasBias ? 1 : 0)) };
}

function activationOf(context: NodeContext, name: string, next: number): Activation | null {
  const plainly =
    (op: string, attributes: AttributeInputs = {}, inputs: () => string[] = () => []): Activation =>
    ({ emitter }, x) =>
      context.give(op, [emitter.nameOf(x), ...inputs()], x, attributes);
  switch (name) {
    case 'linear':
      return null;
    case 'relu':
      return plainly('Relu');
    case 'relu6':
      return plainly('Clip', {}, () => [context.scalar(0), context.scalar(6)]);
    case 'elu':
      return plainly('Elu');
    case 'sigmoid':
      return plainly('Sigmoid');
    case 'tanh':
      return plainly('Tanh');
    case 'leakyrelu':
      return plainly('LeakyRelu', { alpha: float(context.attributes.float('leakyrelu_alpha') ?? 0.2) });
    case 'prelu':
      return (_, x) => {
        const { names, layout, shape } = aligned(context, [x, context.tensor(next)]);
        return context.give('PRelu', names, { type: 'float32', shape, layout });
      };
    default:
      return context.fail(`fuses the activation ${name}`);
  }
}
