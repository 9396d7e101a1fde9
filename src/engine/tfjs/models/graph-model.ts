import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import { AssayError, messageOf } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { isList, isRecord, member, type JsonRecord } from '../../formats/json-value.js';
import { handlerOf } from './artifacts.js';
import type { Executable, ExecutableLayer } from './executable.js';

/** Opens a GraphModel with TensorFlow.js's own executor. */
export async function openGraphModel(model: ModelBytes): Promise<Executable> {
  const { json, handler } = handlerOf(model);
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const opened = await refused(model, async () => loadGraphModel(handler));
  const nodes = nodesOf(json);
  const isDynamic = nodes.find(({ operator }) => DYNAMIC.has(operator));
  return {
    name: model.main,
    kind: 'GraphModel',
    inputs: opened.inputs.map(({ name, dtype, shape }) => ({
      name: named(name),
      dtype,
      shape: shape?.map((size) => (size < 0 ? null : size)) ?? null,
    })),
    outputs: opened.outputs.map(({ name }) => named(name)),
    layers: nodes.filter(({ operator }) => !NO_LAYERS.has(operator)),
    embedding: null,
    noGradients:
      isDynamic === undefined
        ? null
        : `the node \`${isDynamic.name}\` (${isDynamic.operator}) is executed piece by piece, which TensorFlow.js does not record`,
    logits: (output) => {
      const node = nodes.find(({ name }) => name === output);
      const [before] = node?.inputs ?? [];
      const isLast = node?.operator === 'Softmax' || node?.operator === 'Sigmoid';
      return isLast && before !== undefined ? { output: before, layer: output } : null;
    },
    run: (given, output) =>
      isDynamic === undefined ? executed(opened, given, output) : executedAsync(opened, given, output),
    runAt: (given, output, layer, replace) => {
      const value = replace(executed(opened, given, layer));
      return executed(opened, new Map([...given, [layer, value]]), output);
    },
    dispose: () => void opened.dispose(),
  };
}

/** They wait for numbers on the way: the executor runs them asynchronously. */
const DYNAMIC: ReadonlySet<string> = new Set(
  (
    'Enter Exit LoopCond Merge NextIteration Switch If StatelessIf While StatelessWhile Where NonMaxSuppressionV2 ' +
    'NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 TensorArrayV3 TensorListReserve Unique'
  ).split(' '),
);

const NO_LAYERS: ReadonlySet<string> = new Set(['Const', 'NoOp', 'Placeholder', 'VarHandleOp']);

/** Without the number of an output. */
function named(name: string): string {
  return name.replace(/:0$/, '');
}

interface GraphNode extends ExecutableLayer {
  readonly inputs: readonly string[];
}

function nodesOf(json: JsonRecord): GraphNode[] {
  const topology = member(json, 'modelTopology');
  const nodes = isRecord(topology) ? member(topology, 'node') : undefined;
  if (!isList(nodes)) return [];
  return nodes.flatMap((node) => {
    const [name, operator, list] = isRecord(node) ? ['name', 'op', 'input'].map((key) => member(node, key)) : [];
    const inputs = isList(list) ? list.filter((each) => typeof each === 'string') : [];
    return typeof name === 'string' && typeof operator === 'string' ? [{ name, operator, inputs }] : [];
  });
}

function executed(model: GraphModel, given: ReadonlyMap<string, Tensor>, output: string): Tensor {
  return only(model.execute(feeds(given), output));
}

async function executedAsync(model: GraphModel, given: ReadonlyMap<string, Tensor>, output: string): Promise<Tensor> {
  return only(await model.executeAsync(feeds(given), output));
}

function feeds(given: ReadonlyMap<string, Tensor>): NamedTensorMap {
  return Object.fromEntries(given);
}

function only(results: Tensor | Tensor[]): Tensor {
  const [result] = Array.isArray(results) ? results : [results];
  if (result === undefined) throw new AssayError('model', { what: 'the model gives nothing' });
  return result;
}

async function refused<T>(model: ModelBytes, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AssayError('model', {
      where: model.main,
      what: `TensorFlow.js does not open the GraphModel: ${messageOf(cause).slice(0, 300)}`,
      cause,
    });
  }
}
