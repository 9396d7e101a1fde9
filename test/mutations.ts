/** Model files that are damaged in one way or another: bytes, and fields of the messages that they hold. */
import Long from 'long';
import type { Rng } from '#stats/random';
import {
  AttributeProto,
  GraphProto,
  joined,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  TensorProto,
  type MessageOf,
} from '../src/engine/onnx/proto/schema.js';

type Mutation = (file: Uint8Array, random: Rng, donors: readonly Uint8Array[]) => Uint8Array;

/** By name, so that a failure says which one made it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flipped bytes': flipBytes,
  truncation: (file, random) => file.slice(0, random.integer(file.length)),
  'a spliced file': splice,
  'dimensions of a tensor': inTensor((tensor, random) => ({
    dims: tensor.dims.length === 0 ? [oddInteger(random)] : replaced(tensor.dims, random, () => oddInteger(random)),
  })),
  'element type of a tensor': inTensor((_, random) => ({ dataType: random.integer(24) })),
  'values of a tensor': inTensor((tensor, random) => ({ rawData: oddBytes(tensor.rawData, random) })),
  'an operator': inNode((_, random, ops) => ({ opType: pick(ops, random) })),
  'a domain': inNode((_, random) => ({ domain: pick(['', 'com.microsoft', 'ai.onnx.ml', 'x'], random) })),
  'names of inputs': inNode((node, random, __, names) => ({
    input: replaced(node.input, random, () => pick(['', 'nowhere', ...names], random)),
  })),
  'number of inputs': inNode((node, random) => ({
    input: random.integer(2) === 0 ? node.input.slice(1) : [...node.input, ...node.input.slice(0, 1)],
  })),
  'names of outputs': inNode((node, random, __, names) => ({
    output: replaced(node.output, random, () => pick(['', 'nowhere', ...names], random)),
  })),
  'an attribute': inNode((node, random) => ({ attribute: replaced(node.attribute, random, mutatedAttribute) })),
  'attributes left out': inNode((node, random) => ({
    attribute: node.attribute.filter(() => random.integer(2) === 0),
  })),
  'nodes in another order': inGraph((graph, random) => ({
    node: [...graph.node].sort(() => random.integer(3) - 1),
  })),
  'nodes left out': inGraph((graph, random) => ({ node: graph.node.filter(() => random.integer(3) > 0) })),
  'a node twice': inGraph((graph, random) => ({ node: [...graph.node, pick(graph.node, random)] })),
  'constants left out': inGraph((graph, random) => ({
    initializer: graph.initializer.filter(() => random.integer(2) === 0),
  })),
  'another opset': inModel((_, random) => ({
    opsetImport: [OperatorSetIdProto.encode({ domain: '', version: Long.fromNumber(random.integer(30)) })],
  })),
};

const ODD = [-(2 ** 63), -(2 ** 31), -2, -1, 0, 1, 2, 3, 7, 255, 65_536, 2 ** 31 - 1, 2 ** 32, 2 ** 40, 2 ** 62];

function flipBytes(file: Uint8Array, random: Rng): Uint8Array {
  const flipped = file.slice();
  // Structure stands in front and behind, and most of what is between are weights.
  const place = (): number => {
    const edge = Math.min(600, file.length);
    return pick([random.integer(file.length), random.integer(edge), file.length - 1 - random.integer(edge)], random);
  };
  for (let i = 0; i <= random.integer(8); i++) flipped[place()] = random.integer(256);
  return flipped;
}

function splice(file: Uint8Array, random: Rng, donors: readonly Uint8Array[]): Uint8Array {
  const donor = pick(donors, random);
  const start = random.integer(donor.length);
  const piece = donor.subarray(start, start + 1 + random.integer(200));
  const at = random.integer(file.length);
  return new Uint8Array(Buffer.concat([file.subarray(0, at), piece, file.subarray(at + random.integer(200))]));
}

function inModel(change: (model: MessageOf<typeof ModelProto>, random: Rng) => Partial<MessageOf<typeof ModelProto>>) {
  return (file: Uint8Array, random: Rng): Uint8Array => {
    const model = ModelProto.decode(file);
    return ModelProto.encode({ ...model, ...change(model, random) });
  };
}

type GraphMessage = MessageOf<typeof GraphProto>;

function inGraph(change: (graph: GraphMessage, random: Rng, donors: readonly Uint8Array[]) => Partial<GraphMessage>) {
  return (file: Uint8Array, random: Rng, donors: readonly Uint8Array[]): Uint8Array => {
    const model = ModelProto.decode(file);
    const graph = GraphProto.decode(joined(model.graph));
    return ModelProto.encode({ ...model, graph: [GraphProto.encode({ ...graph, ...change(graph, random, donors) })] });
  };
}

type NodeMessage = MessageOf<typeof NodeProto>;

function inNode(
  change: (node: NodeMessage, random: Rng, ops: readonly string[], names: readonly string[]) => Partial<NodeMessage>,
) {
  return inGraph((graph, random, donors) => {
    const names = graph.node
      .map((bytes) => NodeProto.decode(bytes))
      .flatMap(({ input, output }) => [...input, ...output]);
    return {
      node: replaced(graph.node, random, (bytes) => {
        const node = NodeProto.decode(bytes);
        return NodeProto.encode({ ...node, ...change(node, random, operatorsOf(donors), names) });
      }),
    };
  });
}

type TensorMessage = MessageOf<typeof TensorProto>;

function inTensor(change: (tensor: TensorMessage, random: Rng) => Partial<TensorMessage>) {
  return inGraph((graph, random) => ({
    initializer: replaced(graph.initializer, random, (bytes) => {
      const tensor = TensorProto.decode(bytes);
      return TensorProto.encode({ ...tensor, ...change(tensor, random) });
    }),
  }));
}

function mutatedAttribute(bytes: Uint8Array, random: Rng): Uint8Array {
  const attribute = AttributeProto.decode(bytes);
  switch (random.integer(3)) {
    case 0:
      return AttributeProto.encode({ ...attribute, type: random.integer(16) });
    case 1:
      return AttributeProto.encode({ ...attribute, name: pick(['axis', 'pads', 'to', 'mode', 'x'], random) });
    default:
      return AttributeProto.encode({
        ...attribute,
        i: oddInteger(random),
        f: pick([NaN, Infinity, -1, 0, 1e30], random),
        s: oddBytes(attribute.s, random),
        ints: replaced(attribute.ints, random, () => oddInteger(random)),
      });
  }
}

function operatorsOf(files: readonly Uint8Array[]): string[] {
  const nodes = files.flatMap((file) => GraphProto.decode(joined(ModelProto.decode(file).graph)).node);
  return [...new Set(nodes.map((node) => NodeProto.decode(node).opType))];
}

function oddInteger(random: Rng): Long {
  return Long.fromNumber(pick(ODD, random));
}

function oddBytes(bytes: Uint8Array, random: Rng): Uint8Array {
  const changed = bytes.slice();
  for (let i = 0; i < 4 && changed.length > 0; i++)
    changed[random.integer(changed.length)] = pick([0, 1, 127, 255], random);
  return changed;
}

/** One element of a list replaced; the list as it is where it is empty. */
function replaced<T>(list: readonly T[], random: Rng, change: (old: T, random: Rng) => T): T[] {
  const place = random.integer(Math.max(list.length, 1));
  return list.map((old, i) => (i === place ? change(old, random) : old));
}

function pick<T>(list: readonly T[], random: Rng): T {
  const found = list[random.integer(list.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}
