import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { rowRange, type Tensor } from '#base/tensor';
import type { FileTargetConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import { declareTarget } from '#target/declare';
import { isCorrect, labelRow } from '#target/head';
import { openTarget, type OpenedTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import type { Samples, Target } from '#target/target';
import { row } from '#base/tensor';

export const DEFENCES = [
  'quantization',
  'temperature',
  'random-resizing',
  'detector',
  'preprocessor',
  'label-leaking',
] as const;
export type DefenceName = (typeof DEFENCES)[number];

const root = packageRoot();
const RESOURCES = { threads: 2, batchSize: 256 };

export interface Defended extends OpenedTarget {
  readonly samples: Samples;
}

/**
 * A model with a planted defence and the first test images.
 *
 * @param output the value that is declared as the end of its preprocessor
 */
export async function defended(name: DefenceName | null, count: number, output?: string): Promise<Defended> {
  const config: FileTargetConfig = {
    file: join(root, name === null ? 'fixtures/models/fashion-cnn.onnx' : `fixtures/models/defences/${name}.onnx`),
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
    ...(output === undefined ? {} : { preprocessor: { output } }),
  };
  const files = {
    inputs: join(root, 'fixtures/data/fashion-test-images.idx3-ubyte.gz'),
    labels: join(root, 'fixtures/data/fashion-test-labels.idx1-ubyte.gz'),
    scale: 1 / 255,
  };
  const model = await readModelFile(config.file);
  const { samples } = await loadSamples(files, await declareTarget(config, model), 0);
  const opened = await openTarget(config, model, rowRange(samples.inputs, 0, 64), RESOURCES);
  return { ...opened, samples: firstOf(samples, count) };
}

export function firstOf({ inputs, labels, indices }: Samples, count: number): Samples {
  return {
    inputs: rowRange(inputs, 0, count),
    labels: { width: 1, values: labels.values.slice(0, count) },
    indices: indices.slice(0, count),
  };
}

/** The share of samples that a target gets right at the given inputs. */
export async function accuracyOf(target: Target, { labels, indices }: Samples, inputs: Tensor): Promise<number> {
  const scores = await target.predict(inputs);
  const right = indices.filter((_, i) => isCorrect(target.head, row(scores, i), labelRow(labels, i)));
  return right.length / indices.length;
}
