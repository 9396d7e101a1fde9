import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { malformed } from '../../onnx/proto/malformed.js';
import { checkpointOf } from './checkpoint.js';
import { ALLOWED, RESTORING, SAVING, whyRefused } from './operators.js';
import { Reader, refused, type MetaGraph, type SavedNode } from './read.js';
import { MetaGraphDef, MetaInfoDef, SavedModel } from './schema.js';
import { readSignatures, type SavedSignature } from './signatures.js';

export { savedModelFiles } from './files.js';
export type { SavedSignature, SavedTensor } from './signatures.js';

/** What a SavedModel is, found without running anything of it. */
export interface SavedModelFacts {
  /** By which the loader chooses its graph; `serve` for models that give scores. */
  readonly tags: readonly string[];
  /** Version of TensorFlow that wrote it. */
  readonly tensorflow: string;
  /** By name; `serving_default` is what TensorFlow itself takes. */
  readonly signatures: ReadonlyMap<string, SavedSignature>;
  /** Whether it keeps weights in `variables/`. */
  readonly hasVariables: boolean;
  /** Every operator in the graph and its functions, in the order of the alphabet. */
  readonly operators: readonly string[];
}

const TAG = 'serve';

/**
 * Checks a SavedModel before native TensorFlow may see it: every operator of every graph and function has to be on the
 * list of those that compute and do nothing else. What reads the model's own weights is allowed in the one function that
 * the loader calls, as `checkpoint.ts` says.
 *
 * @throws AssayError `model`: one sentence that names the operator, its node and the function
 */
export function checkSavedModel(model: ModelBytes): SavedModelFacts {
  const bytes = model.files.get(model.main);
  if (bytes === undefined) throw malformed(model, 'the file is not there');
  const reader = new Reader(model);
  const saved = reader.read(SavedModel, [bytes], 'the model');
  const graphs = saved.metaGraphs.map((message) => reader.metaGraph(message));
  // All of them, whichever the loader takes.
  for (const graph of graphs) checkGraph(model, graph);
  const chosen = graphs.find((graph) => tagsOf(reader, graph).tags.includes(TAG));
  if (chosen === undefined) throw malformed(model, `it has no graph with the tag \`${TAG}\``, 'Export it for serving.');
  const { signatureDef } = reader.read(MetaGraphDef, [chosen.message], 'the graph');
  return {
    ...tagsOf(reader, chosen),
    signatures: readSignatures(reader, signatureDef),
    hasVariables: chosen.nodes.some(({ op }) => op === 'VarHandleOp'),
    operators: operatorsOf(graphs),
  };
}

/**
 * The signature that is audited: the one that TensorFlow itself takes, or the only one.
 *
 * @throws AssayError `model` where that cannot be told
 */
export function servingSignature(
  model: ModelBytes,
  { signatures }: SavedModelFacts,
): SavedSignature & { readonly name: string } {
  const name = signatures.has(DEFAULT) || signatures.size !== 1 ? DEFAULT : ([...signatures.keys()][0] ?? DEFAULT);
  const signature = signatures.get(name);
  if (signature !== undefined) return { name, ...signature };
  throw new AssayError('model', {
    where: model.main,
    what: `the SavedModel has ${signatures.size} signatures, and none is \`${DEFAULT}\``,
    mend: 'Export it with a signature of that name.',
  });
}

const DEFAULT = 'serving_default';

/** The error of a SavedModel where there is no native TensorFlow to run it. */
export function withoutNativeTensorFlow(where: string): AssayError {
  return new AssayError('model', {
    where,
    what: 'a SavedModel runs on native TensorFlow alone, which is not there',
    mend: 'Run `assay setup tensorflow`, or convert the model with `tensorflowjs_converter` or `python -m tf2onnx.convert`.',
  });
}

function tagsOf(reader: Reader, { message }: MetaGraph): Pick<SavedModelFacts, 'tags' | 'tensorflow'> {
  const { metaInfoDef } = reader.read(MetaGraphDef, [message], 'the graph');
  const { tags, tensorflowVersion } = reader.read(MetaInfoDef, metaInfoDef, 'the graph');
  return { tags, tensorflow: tensorflowVersion };
}

function checkGraph(model: ModelBytes, graph: MetaGraph): void {
  const { save, restore } = checkpointOf(model, graph);
  const known = new Set(graph.functions.map(({ name }) => name));
  const extra = (name: string): ReadonlySet<string> => (name === restore ? RESTORING : name === save ? SAVING : NONE);
  checkNodes(model, graph.nodes, 'the graph', NONE, known);
  for (const { name, nodes } of graph.functions) checkNodes(model, nodes, `function \`${name}\``, extra(name), known);
}

const NONE: ReadonlySet<string> = new Set();

function checkNodes(
  model: ModelBytes,
  nodes: readonly SavedNode[],
  place: string,
  extra: ReadonlySet<string>,
  known: ReadonlySet<string>,
): void {
  for (const { name, op, calls } of nodes) {
    // A function may be called by its name in the place of an operator.
    if (!ALLOWED.has(op) && !extra.has(op) && !known.has(op)) {
      const mend = 'Export a model that takes numbers and gives scores, and does nothing else.';
      throw refused(model, `node \`${name}\` (${op}) in ${place} ${whyRefused(op)}`, mend);
    }
    const missing = calls.find((called) => !known.has(called));
    if (missing !== undefined) {
      throw malformed(
        model,
        `node \`${name}\` (${op}) in ${place} calls the function \`${missing}\`, which is not there`,
      );
    }
  }
}

function operatorsOf(graphs: readonly MetaGraph[]): string[] {
  const all = graphs.flatMap(({ nodes, functions }) => [nodes, ...functions.map((one) => one.nodes)]);
  return [...new Set(all.flatMap((nodes) => nodes.map(({ op }) => op)))].sort();
}
