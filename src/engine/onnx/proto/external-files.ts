import type { ModelBytes } from '../../contract.js';
import type { Constant, Graph } from '../graph/ir.js';
import { encodeModel, encodeModelParts, LARGE_CONSTANT } from './codec.js';
import { externalLocation, isExternal, type Placement } from './external-data.js';
import { decodeIn, malformed } from './malformed.js';
import {
  AttributeProto,
  GraphProto,
  joined,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  type MessageOf,
} from './schema.js';
import { MAX_DEPTH } from './subgraph.js';

/**
 * The other files that a model keeps data in: their locations as the model has them, unchecked, each with the name of
 * the first tensor that asks for it. Only the main file has to be there.
 *
 * @throws AssayError `model` where the main file cannot be read.
 */
export function externalDataFiles(model: ModelBytes): ReadonlyMap<string, string> {
  const bytes = model.files.get(model.main);
  if (bytes === undefined) throw malformed(model, 'the file is not there');
  const { graph } = decodeIn(model, ModelProto, bytes, 'the model');
  const locations = new Map<string, string>();
  for (const tensor of tensorsOf(model, joined(graph), 0)) {
    if (!isExternal(tensor)) continue;
    const location = externalLocation(model, tensor, `tensor \`${tensor.name}\``);
    if (!locations.has(location)) locations.set(location, tensor.name);
  }
  return locations;
}

/** Files of data hold this much, so that every system and every reader takes them. */
const DATA_FILE_BYTES = 2 ** 30;

/**
 * Writes a graph of any size: as one file where it fits, else with its large constants in files beside it.
 *
 * @param main the name of the file to start from; those with data are named after it
 * @param whole up to how many bytes of constants everything stays in one file
 */
export function encodeModelFiles(graph: Graph, main: string, whole = DATA_FILE_BYTES): ModelBytes {
  const size = [...graph.constants.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size <= whole) return { main, files: new Map([[main, encodeModel(graph)]]) };
  const parts: Uint8Array[][] = [[]];
  const filled: number[] = [0];
  const place = (_: string, { bytes }: Constant): Placement | null => {
    if (bytes.length < LARGE_CONSTANT) return null;
    const last = filled.length - 1;
    const isFull = (filled[last] ?? 0) > 0 && (filled[last] ?? 0) + bytes.length > whole;
    const part = isFull ? last + 1 : last;
    const offset = isFull ? 0 : (filled[part] ?? 0);
    filled[part] = offset + bytes.length;
    (parts[part] ??= []).push(bytes);
    return { location: dataFile(main, part), offset };
  };
  const { model } = encodeModelParts(graph, place);
  const data = parts.map((own, part) => [dataFile(main, part), new Uint8Array(Buffer.concat(own))] as const);
  return { main, files: new Map([[main, model], ...data]) };
}

function dataFile(main: string, part: number): string {
  return part === 0 ? `${main}.data` : `${main}.${part}.data`;
}

/** Every tensor of a graph, those of attributes and subgraphs included. */
function* tensorsOf(model: ModelBytes, bytes: Uint8Array, depth: number): Generator<MessageOf<typeof TensorProto>> {
  if (depth > MAX_DEPTH) throw malformed(model, `the graph nests subgraphs more than ${MAX_DEPTH} deep`);
  const graph = decodeIn(model, GraphProto, bytes, 'the graph');
  for (const tensor of graph.initializer) yield decodeIn(model, TensorProto, tensor, 'a tensor');
  for (const sparse of graph.sparseInitializer) {
    const { values, indices } = decodeIn(model, SparseTensorProto, sparse, 'a sparse tensor');
    for (const part of [values, indices]) yield decodeIn(model, TensorProto, joined(part), 'a sparse tensor');
  }
  for (const bytesOfNode of graph.node) {
    const node = decodeIn(model, NodeProto, bytesOfNode, 'a node');
    for (const bytesOfAttribute of node.attribute) {
      const attribute = decodeIn(model, AttributeProto, bytesOfAttribute, `an attribute of node \`${node.name}\``);
      if (attribute.t.length > 0) yield decodeIn(model, TensorProto, joined(attribute.t), `node \`${node.name}\``);
      if (attribute.g.length > 0) yield* tensorsOf(model, joined(attribute.g), depth + 1);
      for (const subgraph of attribute.graphs) yield* tensorsOf(model, subgraph, depth + 1);
    }
  }
}
