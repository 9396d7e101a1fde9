import { Tensor } from '@tensorflow/tfjs-core';
import type { layers as LayersApi, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { AssayError, messageOf } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { handlerOf } from './artifacts.js';
import type { Executable } from './executable.js';

type KerasLayer = InstanceType<typeof LayersApi.Layer>;

/** Opens a LayersModel with TensorFlow.js's own layers. */
export async function openLayersModel(model: ModelBytes): Promise<Executable> {
  const { handler } = handlerOf(model);
  const { layers, loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const linear: unknown = Reflect.get(layers.activation({ activation: 'linear' }), 'activation');
  const opened = await refused(model, () => loadLayersModel(handler));
  const inputs = opened.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  return {
    name: model.main,
    kind: 'LayersModel',
    inputs,
    outputs: outputNames(opened),
    layers: opened.layers.filter(isRecordable).map((layer) => ({ name: layer.name, operator: layer.getClassName() })),
    embedding: opened.layers.find((layer) => layer.getClassName() === 'Embedding')?.name ?? null,
    noGradients: null,
    logits: (output) => {
      const layer = outputLayer(opened, output);
      if (layer === undefined || !isActivated(layer)) return null;
      return { output: `${output}${LOGITS}`, layer: layer.name };
    },
    run: (given, output) => resultOf(opened, inputsFor(opened, inputs, given), output, linear),
    runAt: (given, output, name, replace) => {
      const layer = opened.getLayer(name);
      return withReplaced(layer, replace, () => resultOf(opened, inputsFor(opened, inputs, given), output, linear));
    },
    dispose: () => void opened.dispose(),
  };
}

/** One tensor in the place of each name: a layer that is called once, and is not an input. */
function isRecordable(layer: KerasLayer): boolean {
  return layer.getClassName() !== 'InputLayer' && layer.inboundNodes.length === 1 && !Array.isArray(layer.output);
}

/** Each by the layer that gives it; a second one of the same layer gets a number. */
function outputNames(model: LayersModel): string[] {
  const layers = model.outputs.map(({ sourceLayer }) => sourceLayer.name);
  return layers.map((name, i) => {
    const earlier = layers.slice(0, i).filter((each) => each === name).length;
    return earlier === 0 ? name : `${name}_${earlier}`;
  });
}

function outputLayer(model: LayersModel, output: string): KerasLayer | undefined {
  return model.outputs[outputNames(model).indexOf(output)]?.sourceLayer;
}

function inputsFor(model: LayersModel, inputs: Executable['inputs'], given: ReadonlyMap<string, Tensor>): Tensor[] {
  return model.inputs.map((_: SymbolicTensor, i) => {
    const tensor = given.get(inputs[i]?.name ?? '');
    if (tensor === undefined)
      throw new AssayError('usage', { what: `the input \`${inputs[i]?.name ?? i}\` is missing` });
    return tensor;
  });
}

/** Behind the name of an output: what stands in front of its activation. */
const LOGITS = '/logits';

function isActivated(layer: KerasLayer): boolean {
  const activation: unknown = Reflect.get(layer, 'activation');
  if (typeof activation !== 'object' || activation === null || !('getClassName' in activation)) return false;
  const { getClassName } = activation;
  const name: unknown = typeof getClassName === 'function' ? Reflect.apply(getClassName, activation, []) : null;
  return name === 'softmax' || name === 'sigmoid';
}

/** An output, or what stands in front of its activation: that is linear meanwhile. */
function resultOf(model: LayersModel, inputs: Tensor[], output: string, linear: unknown): Tensor {
  if (!output.endsWith(LOGITS)) return outputOf(model, inputs, output);
  const name = output.slice(0, -LOGITS.length);
  const layer = outputLayer(model, name);
  if (layer === undefined) return outputOf(model, inputs, name);
  const activation: unknown = Reflect.get(layer, 'activation');
  Reflect.set(layer, 'activation', linear);
  try {
    return outputOf(model, inputs, name);
  } finally {
    Reflect.set(layer, 'activation', activation);
  }
}

/** At inference: no dropout, running statistics. */
function outputOf(model: LayersModel, inputs: Tensor[], output: string): Tensor {
  const [only, ...others] = inputs;
  const results = model.apply(only === undefined || others.length > 0 ? inputs : only, { training: false });
  const all = Array.isArray(results) ? results : [results];
  const result = all[outputNames(model).indexOf(output)];
  if (result instanceof Tensor) return result;
  throw new AssayError('model', { what: `there is no \`${output}\`` });
}

/** While `work` runs, a layer gives what `replace` makes of its value. */
function withReplaced(layer: KerasLayer, replace: (value: Tensor) => Tensor, work: () => Tensor): Tensor {
  const call = layer.call.bind(layer);
  layer.call = (inputs, options) => {
    const result = call(inputs, options);
    const [value] = Array.isArray(result) ? result : [result];
    return value === undefined ? result : replace(value);
  };
  try {
    return work();
  } finally {
    // The method of its class is there again.
    Reflect.deleteProperty(layer, 'call');
  }
}

async function refused<T>(model: ModelBytes, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AssayError('model', {
      where: model.main,
      what: `TensorFlow.js does not open the LayersModel: ${messageOf(cause).slice(0, 300)}`,
      cause,
    });
  }
}
