import type { io } from '@tensorflow/tfjs-core';
import type { ModelBytes } from '../../contract.js';
import { isRecord, member, type JsonRecord } from '../../formats/json-value.js';
import { readModelJson } from '../../formats/model-json.js';
import { readManifestWeights, type ManifestWeight } from '../../formats/weights-manifest.js';
import { malformed } from '../../onnx/proto/malformed.js';

/** A model of TensorFlow.js in memory: nothing is fetched, and every weight was checked before. */
export function handlerOf(model: ModelBytes): { readonly json: JsonRecord; readonly handler: io.IOHandler } {
  const json = readModelJson(model);
  const weights = readManifestWeights(model, member(json, 'weightsManifest'));
  const topology = member(json, 'modelTopology');
  if (!isRecord(topology)) throw malformed(model, 'the file has no topology', 'Convert the model again.');
  const optional = ['signature', 'userDefinedMetadata', 'modelInitializer', 'initializerSignature']
    .map((key) => [key, member(json, key)] as const)
    .filter(([, value]) => value !== undefined);
  const artifacts: io.ModelArtifacts = {
    ...Object.fromEntries(optional),
    modelTopology: topology,
    weightSpecs: [...weights].map(([name, { type, shape }]) => ({ name, shape: [...shape], dtype: type })),
    weightData: joined([...weights.values()].map(bytesOf)),
  };
  return { json, handler: { load: () => Promise.resolve(artifacts) } };
}

/** As TensorFlow.js stores them: strings each behind its length. */
function bytesOf(weight: ManifestWeight): Uint8Array {
  if (weight.type !== 'string') return weight.bytes;
  return Buffer.concat(
    weight.values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(value.length);
      return [length, value];
    }),
  );
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const bytes = new Uint8Array(new ArrayBuffer(parts.reduce((sum, part) => sum + part.length, 0)));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes.buffer;
}
