import { digestOfJson } from '#base/digest';
import { AssayError, messageOf } from '#base/errors';
import { rowsOf, rowSize, zeros, type Tensor } from '#base/tensor';
import type { Propagation } from '#engine/index';
import {
  isDifferentiable,
  isLayered,
  type DifferentiableTarget,
  type Gradient,
  type Jacobian,
  type LayeredTarget,
  type LayerGradient,
  type Relevance,
  type Target,
} from '../target.js';

/** What stands in front of a model and has no gradient of use. */
export interface Preprocessor {
  /** g: a batch in the units of the data -> what the model takes in its place, in the same shape and units. */
  readonly apply: (batch: Tensor) => Tensor | Promise<Tensor>;
  /**
   * The gradient by the batch, from the gradient by g(batch): that of a function that is close to g. The identity where it
   * is left out, which fits a g that gives nearly what it takes.
   */
  readonly backward?: (batch: Tensor, gradient: Tensor) => Tensor | Promise<Tensor>;
}

/** How cards and reports say that a preprocessor was declared. */
export function preprocessorNote({ backward }: Preprocessor): string {
  const way = backward === undefined ? 'as if it were the identity' : 'by the `backward` that it declares';
  return `gradients pass the declared preprocessor ${way} (backward pass differentiable approximation)`;
}

/**
 * A target behind a preprocessor: predictions are those of g(x); gradients are taken at g(x) and brought back by `backward`
 * (BPDA, Athalye et al. 2018, arXiv:1802.00420, section 4.1). Queries are those of the target itself, which it takes over.
 * The digest covers the text of both functions, not what they read from elsewhere.
 */
export function withPreprocessor(target: DifferentiableTarget, preprocessor: Preprocessor): DifferentiableTarget;
export function withPreprocessor(target: Target, preprocessor: Preprocessor): Target;
export function withPreprocessor(target: Target, preprocessor: Preprocessor): Target {
  const { name, domain, head, labels, queries, structure } = target;
  const front = new Front(name, preprocessor);
  const preprocessed: Target = {
    name,
    digest: digestOfJson({
      target: target.digest,
      preprocessor: [String(preprocessor.apply), String(preprocessor.backward)],
    }),
    ...{ domain, head, labels, queries },
    capabilities: new Set([...target.capabilities].filter((capability) => capability !== 'training')),
    missing: new Map([...target.missing, ['training', UNTRAINABLE]]),
    ...(structure === undefined ? {} : { structure }),
    predict: async (inputs) => target.predict(await front.apply(inputs)),
    dispose: () => target.dispose(),
  };
  return {
    ...preprocessed,
    ...(isDifferentiable(target) ? gradientsOf(target, front) : {}),
    ...(isLayered(target) ? layersOf(target, front) : {}),
  };
}

const UNTRAINABLE = 'a model behind a preprocessor that is a function is not trained with it';

function gradientsOf(target: DifferentiableTarget, front: Front): Pick<DifferentiableTarget, 'gradient' | 'jacobian'> {
  return {
    gradient: async (inputs, loss): Promise<Gradient> => {
      const found = await target.gradient(await front.apply(inputs), loss);
      return { ...found, gradient: await front.backward(inputs, found.gradient) };
    },
    jacobian: async (inputs, indices): Promise<Jacobian> => {
      const { scores, rows } = await target.jacobian(await front.apply(inputs), indices);
      const brought = zeros(rows.shape);
      for (let row = 0; row < (rows.shape[1] ?? 0); row++) {
        const own: Tensor = { shape: inputs.shape, data: new Float32Array(inputs.data.length) };
        moveRow(rows, row, own, 'out');
        moveRow(brought, row, await front.backward(inputs, own), 'in');
      }
      return { scores, rows: brought };
    },
  };
}

/**
 * Layers are those of the model at g(x), and so is relevance, which has the shape and units of x: it is no gradient, and
 * `backward` says nothing of it. Baselines go through the preprocessor too.
 */
function layersOf(target: LayeredTarget, front: Front): Pick<LayeredTarget, 'layers' | 'atLayer' | 'propagate'> {
  const applied = async (propagation: Propagation): Promise<Propagation> =>
    propagation.kind === 'deep-lift' || propagation.kind === 'path'
      ? { ...propagation, baselines: await front.apply(propagation.baselines) }
      : propagation;
  return {
    layers: () => target.layers(),
    atLayer: async (inputs, loss, layer): Promise<LayerGradient> =>
      target.atLayer(await front.apply(inputs), loss, layer),
    propagate: async (inputs, scores, propagation): Promise<Relevance> =>
      target.propagate(await front.apply(inputs), scores, await applied(propagation)),
  };
}

/** Copies one row of each sample of a Jacobian, [n, rows, ...], to or from a batch, [n, ...]. */
function moveRow(rows: Tensor, row: number, batch: Tensor, way: 'in' | 'out'): void {
  const size = rowSize(batch);
  const count = rows.shape[1] ?? 0;
  for (let i = 0; i < rowsOf(batch); i++) {
    const inRows = rows.data.subarray((i * count + row) * size, (i * count + row + 1) * size);
    const inBatch = batch.data.subarray(i * size, (i + 1) * size);
    if (way === 'out') inBatch.set(inRows);
    else inRows.set(inBatch);
  }
}

/** The functions of a preprocessor, with what they give checked. */
class Front {
  constructor(
    private readonly name: string,
    private readonly functions: Preprocessor,
  ) {}

  async apply(inputs: Tensor): Promise<Tensor> {
    const given = await this.#called('apply', inputs, () => this.functions.apply(copied(inputs)));
    const strange = given.data.findIndex((value) => !Number.isFinite(value));
    if (strange === -1) return given;
    throw this.#unfit('apply', `gives ${given.data[strange]} for sample ${Math.floor(strange / rowSize(inputs))}`);
  }

  async backward(inputs: Tensor, gradient: Tensor): Promise<Tensor> {
    const { backward } = this.functions;
    if (backward === undefined) return gradient;
    return this.#called('backward', inputs, () => backward(copied(inputs), copied(gradient)));
  }

  async #called(which: string, { shape }: Tensor, work: () => Tensor | Promise<Tensor>): Promise<Tensor> {
    const given: unknown = await this.#answered(which, work);
    if (!isTensor(given)) throw this.#unfit(which, 'gives no `{ shape, data }` with `data` a Float32Array');
    const isSame = given.shape.length === shape.length && given.shape.every((size, axis) => size === shape[axis]);
    const size = shape.reduce((product, each) => product * each, 1);
    if (isSame && given.data.length === size) return given;
    throw this.#unfit(which, `gives the shape [${given.shape.join(', ')}] for a batch of [${shape.join(', ')}]`);
  }

  async #answered(which: string, work: () => unknown): Promise<unknown> {
    try {
      return await work();
    } catch (cause) {
      throw this.#unfit(which, `failed: ${messageOf(cause).replace(/\.$/, '')}`, cause);
    }
  }

  #unfit(which: string, predicate: string, cause?: unknown): AssayError {
    return new AssayError('model', { where: this.name, what: `its preprocessor's \`${which}\` ${predicate}`, cause });
  }
}

/** Whatever a function does to its arguments stays its own. */
function copied({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: data.slice() };
}

/** Told by the name of the class: an array of another realm is as good. */
function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null || !('shape' in value) || !('data' in value)) return false;
  const { shape, data } = value;
  return Array.isArray(shape) && ArrayBuffer.isView(data) && data.constructor.name === 'Float32Array';
}
