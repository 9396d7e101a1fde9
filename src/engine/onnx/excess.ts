import { AssayError } from '#base/errors';
import { describeNode } from './graph/describe.js';
import { widthOf } from './graph/element-type.js';
import type { Constant, Graph, ValueInfo } from './graph/ir.js';
import { samplesIn, type NamedTensors } from './inputs.js';
import type { FileModel } from './model.js';
import { compileGraph, type InferredOutput } from './session.js';
import { untyped } from './tracing.js';

/** Of one value on the probe. Real models stay a hundred times below. */
const MOST_BYTES = 2 ** 32;
/** Constants of this size hold arguments, such as shapes and repeats, that sizes depend on; larger ones hold weights. */
const MOST_ARGUMENT_BYTES = 1024;

/** Numbers that the output under audit may have for each sample: a map of 21 classes for 512 x 512 pixels has a third. */
const MOST_SCORES = 2 ** 24;

/**
 * Refuses a graph with a value that would take 4 GiB or more, before anything of it is executed: the runtime would
 * allocate it, and the system end the process. Sizes are those that the runtime infers from shapes and constants; one
 * that depends on the numbers that are fed, or stands inside a subgraph, is for the memory limit of a worker to stop.
 *
 * @throws AssayError `model` naming the node, or the output where it is that which is no row of scores.
 */
export async function refuseExcess({ name: where, graph, output }: FileModel, probe: NamedTensors): Promise<void> {
  const names = new Set(graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== ''));
  const values = await inferred(skeleton(graph, probe, names));
  const excess = values.find((value) => bytesOf(value) >= MOST_BYTES);
  if (excess !== undefined) {
    const node = graph.nodes.find(({ outputs }) => outputs.includes(excess.name));
    const giver = node === undefined ? 'the model' : describeNode(node);
    throw new AssayError('model', {
      where,
      what: `${giver} gives \`${excess.name}\` of ${described(excess)}, which takes ${gibibytes(bytesOf(excess))} GiB`,
      mend: 'No value of a model may take 4 GiB or more.',
    });
  }
  const scores = values.find(({ name }) => name === output);
  if (scores !== undefined && elementsOf(scores) / samplesIn(probe) > MOST_SCORES) {
    throw new AssayError('model', {
      where,
      what: `the output \`${output}\` of ${described(scores)} holds too many numbers to be scores of ${samplesIn(probe)} samples`,
    });
  }
}

/** Nothing for a graph that the runtime refuses: whoever opens it will say why. */
async function inferred(graph: Graph): Promise<readonly InferredOutput[]> {
  try {
    const session = await compileGraph(graph, { threads: 1, optimization: 'none' });
    await session.dispose();
    return session.inferred;
  } catch (error) {
    if (error instanceof AssayError) return [];
    throw error;
  }
}

/** The graph with all values as outputs and the shapes of the probe, without the weights: their shapes are enough. */
function skeleton(graph: Graph, probe: NamedTensors, values: ReadonlySet<string>): Graph {
  const isWeight = ({ bytes, opaque }: Constant): boolean => opaque === undefined && bytes.length > MOST_ARGUMENT_BYTES;
  const weights = [...graph.constants].filter(([, constant]) => isWeight(constant));
  return {
    ...graph,
    inputs: [
      ...graph.inputs.map((input) => ({ ...input, shape: shapeOnProbe(input, probe) })),
      ...weights.map(([name, { type, shape }]) => ({ name, type, shape })),
    ],
    outputs: [...values].map(untyped),
    constants: new Map([...graph.constants].filter(([, constant]) => !isWeight(constant))),
  };
}

/** What the file declares, with the sizes that it leaves open taken from the probe. */
function shapeOnProbe({ name, shape }: ValueInfo, probe: NamedTensors): ValueInfo['shape'] {
  const given = probe.get(name)?.shape;
  return shape?.map((size, axis) => (typeof size === 'number' ? size : (given?.[axis] ?? null))) ?? given ?? null;
}

function bytesOf(value: InferredOutput): number {
  return elementsOf(value) * Math.max(widthOf(value.type), 1);
}

function elementsOf({ shape }: InferredOutput): number {
  return shape.reduce((product: number, size) => product * (size ?? 1), 1);
}

function described({ shape }: InferredOutput): string {
  return `shape [${shape.map((size) => size ?? '?').join(', ')}]`;
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toPrecision(3);
}
