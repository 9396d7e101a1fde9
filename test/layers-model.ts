/** LayersModels as TensorFlow.js saves them, and weights that hide no mistake. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';
import type { ModelBytes } from '../src/engine/contract.js';

const SHARD = 'group1-shard1of1.bin';

// Without it the package advertises its native back end.
tf.env().set('IS_TEST', true);

/** `model.json` and one shard, as `model.save` hands them to a handler. */
export async function savedLayersModel(model: LayersModel): Promise<ModelBytes> {
  const files = new Map<string, Uint8Array>();
  await model.save(
    tf.io.withSaveHandler((artifacts) => {
      const { modelTopology, weightSpecs, weightData } = artifacts;
      const weightsManifest = [{ paths: [SHARD], weights: weightSpecs }];
      files.set('model.json', Buffer.from(JSON.stringify({ modelTopology, weightsManifest })));
      files.set(SHARD, new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
      const modelArtifactsInfo = { dateSaved: new Date(0), modelTopologyType: 'JSON' as const };
      return Promise.resolve({ modelArtifactsInfo });
    }),
  );
  return { main: 'model.json', files };
}

/** The model that files hold, as TensorFlow.js itself reads them. */
export function layersModelOf({ main, files }: ModelBytes): Promise<LayersModel> {
  const json = JSON.parse(Buffer.from(files.get(main) ?? []).toString()) as {
    readonly modelTopology: object;
    readonly weightsManifest: { readonly paths: string[]; readonly weights: tf.io.WeightsManifestEntry[] }[];
  };
  const shards = json.weightsManifest.flatMap(({ paths }) => paths.map((path) => files.get(path) ?? new Uint8Array()));
  const artifacts: tf.io.ModelArtifacts = {
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData: Uint8Array.from(Buffer.concat(shards)).buffer,
  };
  return loadLayersModel({ load: () => Promise.resolve(artifacts) });
}

/** Evenly spread over [-1, 1], the same on every machine (Park & Miller 1988). */
export function noise(shape: readonly number[], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 1_073_741_823.5 - 1;
  });
}

/** Biases that are zero and variances that are one would hide mistakes; variances stay positive. */
export function scramble(model: LayersModel): void {
  model.setWeights(
    model.weights.map((weight, i) => {
      const values = noise(weight.shape as number[], 17 + i);
      const isVariance = weight.originalName.includes('variance');
      return tf.tensor(
        values.map((value) => (isVariance ? 1 + value / 2 : value * 0.8)),
        weight.shape as number[],
      );
    }),
  );
}
