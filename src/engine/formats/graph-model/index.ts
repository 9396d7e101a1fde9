import type { ModelBytes } from '../../contract.js';
import { encodeModelFiles } from '../../onnx/proto/external-files.js';
import { malformed } from '../../onnx/proto/malformed.js';
import { prune } from '../../onnx/passes/prune.js';
import type { Lowered } from '../lowered.js';
import { isRecord, member } from '../json-value.js';
import { readModelJson } from '../model-json.js';
import { readManifestWeights } from '../weights-manifest.js';
import { Emitter } from './emitter.js';
import { declareInput, readSignature } from './interface.js';
import { Lowering } from './lower.js';
import { readTopology } from './node-def.js';
import type { TensorValue, Value } from './value.js';

/**
 * Lowers a GraphModel of TensorFlow.js to ONNX: the same inputs and outputs under the names of its signature, images with
 * their channels last at both ends. Inside, images are kept with their channels first from the first convolution to the
 * last, so that nothing is turned to and fro.
 *
 * @throws AssayError `operator` where a node has no form in ONNX: the model then runs on TensorFlow.js; `model` where the
 *   file is broken
 */
export function lowerGraphModel(model: ModelBytes): Promise<Lowered> {
  return Promise.resolve(model).then(lower);
}

function lower(model: ModelBytes): Lowered {
  const json = readModelJson(model);
  const topology = member(json, 'modelTopology');
  if (!isRecord(topology)) throw malformed(model, 'the file has no `modelTopology`', 'Convert the model again.');
  const library = readTopology(topology, (what) => malformed(model, what, 'Convert the model again.'));
  const weights = readManifestWeights(model, member(json, 'weightsManifest'));
  const signature = readSignature(model, json, library);
  const emitter = new Emitter(model.main);
  const lowering = new Lowering(model, library, weights, emitter);
  const references = signature.outputs.map(({ reference }) => reference);
  const inputs = lowering
    .order(references)
    .filter(({ op }) => op === 'Placeholder')
    .map((node) => declareInput(model, node, signature, emitter));
  const names = emitter.reserveOutputs(signature.outputs.map(({ name }) => name));
  const values = lowering.run(references, new Map(inputs.map(({ node, value }) => [node, value])));
  const outputs = names.map((name, i) => ({ name, value: tensor(model, name, values[i]) }));
  const graph = emitter.finish(inOrder(inputs, signature.inputs), outputs);
  const lowered = prune(graph, names);
  return { model: encodeModelFiles(lowered, model.main), notes: [...emitter.notes, ...signature.texts.map(leftOut)] };
}

function leftOut(name: string): string {
  return `The output \`${name}\` holds texts and is left out.`;
}

function tensor(model: ModelBytes, name: string, value: Value | undefined): TensorValue {
  if (value?.kind === 'tensor') return value;
  throw malformed(model, `the output \`${name}\` is no tensor`);
}

/** Inputs as the signature lists them; those that it does not list come behind. */
function inOrder(
  inputs: readonly ReturnType<typeof declareInput>[],
  listed: readonly { readonly reference: { readonly node: string } }[],
) {
  const place = (node: string): number => {
    const index = listed.findIndex(({ reference }) => reference.node === node);
    return index < 0 ? listed.length : index;
  };
  return inputs.toSorted((a, b) => place(a.node) - place(b.node)).map(({ info }) => info);
}
