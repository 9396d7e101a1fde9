import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { decodeIn, malformed } from '../../onnx/proto/malformed.js';
import { joined, type Fields, type MessageType } from '../../onnx/proto/schema.js';
import {
  ArgDef,
  AttrValue,
  FunctionDef,
  FunctionDefLibrary,
  GraphDef,
  ListValue,
  MapEntry,
  MetaGraphDef,
  NameAttrList,
  NodeDef,
  OpDef,
  SaverDef,
} from './schema.js';

export interface SavedNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** Functions that its attributes name. */
  readonly calls: readonly string[];
}

export interface SavedFunction {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly nodes: readonly SavedNode[];
}

export interface Saver {
  readonly filename: string;
  readonly save: string;
  readonly restore: string;
}

export interface MetaGraph {
  readonly message: Uint8Array;
  readonly nodes: readonly SavedNode[];
  readonly functions: readonly SavedFunction[];
  /** Null where the model keeps no weights beside it. */
  readonly saver: Saver | null;
}

/** Larger graphs are no model: those with a billion weights have some hundred thousand nodes. */
const MAX_NODES = 1_000_000;
/** Functions named in the attributes of functions that are named in attributes. */
const MAX_DEPTH = 8;

/** Reads messages of a SavedModel; counts the nodes on the way. */
export class Reader {
  #nodes = 0;

  constructor(readonly model: ModelBytes) {}

  read<F extends Fields>(type: MessageType<F>, parts: readonly Uint8Array[], label: string) {
    return decodeIn(this.model, type, joined(parts), label);
  }

  metaGraph(message: Uint8Array): MetaGraph {
    const { graphDef, saverDef } = this.read(MetaGraphDef, [message], 'a graph of the model');
    const graph = this.read(GraphDef, graphDef, 'the graph');
    const library = this.read(FunctionDefLibrary, graph.library, 'the library of functions');
    const functions = library.function.map((bytes) => this.#function(bytes));
    if (new Set(functions.map(({ name }) => name)).size < functions.length) {
      throw malformed(this.model, 'two functions have the same name');
    }
    return { message, nodes: this.#nodesOf(graph.node, 'the graph'), functions, saver: this.#saver(saverDef) };
  }

  /** A map from texts to messages. */
  map(entries: readonly Uint8Array[], label: string): Map<string, readonly Uint8Array[]> {
    return new Map(
      entries.map((bytes) => {
        const { key, value } = this.read(MapEntry, [bytes], label);
        return [key, value] as const;
      }),
    );
  }

  #saver(parts: readonly Uint8Array[]): Saver | null {
    const saver = this.read(SaverDef, parts, 'the saver');
    if (parts.length === 0 || (saver.restoreOpName === '' && saver.saveTensorName === '')) return null;
    return { filename: saver.filenameTensorName, save: saver.saveTensorName, restore: saver.restoreOpName };
  }

  #function(bytes: Uint8Array): SavedFunction {
    const { signature, nodeDef } = this.read(FunctionDef, [bytes], 'a function');
    const { name, inputArg } = this.read(OpDef, signature, 'the signature of a function');
    const label = `function \`${name}\``;
    const inputs = inputArg.map((argument) => this.read(ArgDef, [argument], label).name);
    return { name, inputs, nodes: this.#nodesOf(nodeDef, label) };
  }

  #nodesOf(list: readonly Uint8Array[], label: string): SavedNode[] {
    this.#nodes += list.length;
    if (this.#nodes > MAX_NODES)
      throw malformed(this.model, `the graph and its functions have more than ${MAX_NODES} nodes`);
    return list.map((bytes) => {
      const { name, op, input, attr } = this.read(NodeDef, [bytes], `a node of ${label}`);
      return { name, op, inputs: input, calls: this.#calls(attr, `node \`${name}\` of ${label}`, 0) };
    });
  }

  #calls(attributes: readonly Uint8Array[], label: string, depth: number): string[] {
    if (depth > MAX_DEPTH) throw malformed(this.model, `${label} names functions more than ${MAX_DEPTH} deep`);
    return attributes.flatMap((entry) => {
      const { value } = this.read(MapEntry, [entry], label);
      const { func, list } = this.read(AttrValue, value, label);
      const listed = list.length === 0 ? [] : this.read(ListValue, list, label).func;
      const named = func.length === 0 ? listed : [joined(func), ...listed];
      return named.flatMap((bytes) => {
        const { name, attr } = this.read(NameAttrList, [bytes], label);
        return [name, ...this.#calls(attr, label, depth + 1)];
      });
    });
  }
}

/** A SavedModel that is not run: `what` is one clause that names the operator and where it is. */
export function refused(model: ModelBytes, what: string, mend?: string): AssayError {
  return new AssayError('model', { where: model.main, what, ...(mend === undefined ? {} : { mend }) });
}
