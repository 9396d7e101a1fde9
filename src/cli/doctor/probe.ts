// Runs in a process of its own: a native library that does not fit the machine ends the process that loads it.
import { join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { sizeOf } from '#base/tensor';
import { openTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import { isDifferentiable } from '#target/target';

/** What the probe found, sent to the process that asked. */
export type ProbeResult =
  | {
      readonly kind: 'works';
      readonly backends: readonly Backend[];
      readonly milliseconds: number;
      readonly rssMiB: number;
    }
  | { readonly kind: 'fails'; readonly sentence: string };

export interface Backend {
  readonly name: string;
  readonly bundled: boolean;
}

async function probe(): Promise<ProbeResult> {
  const start = performance.now();
  const model = await readModelFile(join(packageRoot(), 'fixtures/models/fashion-mlp.onnx'));
  const shape = [2, 1, 28, 28];
  const inputs = { shape, data: new Float32Array(sizeOf(shape)).fill(0.5) };
  const config = {
    file: model.main,
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1] },
  } as const;
  const { target } = await openTarget({ ...config, domain: { ...config.domain, range: [0, 1] } }, model, inputs, {
    threads: 1,
    batchSize: 2,
  });
  await target.predict(inputs);
  if (!isDifferentiable(target)) throw new Error('the bundled model gives no gradients');
  await target.gradient(inputs, { kind: 'cross-entropy', labels: Float64Array.of(0, 1) });
  await target.dispose();
  return {
    kind: 'works',
    backends: listSupportedBackends(),
    milliseconds: performance.now() - start,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
  };
}

const result = await probe().catch((thrown: unknown): ProbeResult => ({ kind: 'fails', sentence: messageOf(thrown) }));
process.send?.(result, () => process.disconnect());
