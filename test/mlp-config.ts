import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** An audit of the fixture MLP on some of its test images, as a config has it. */
export function mlpConfig(audits: object, sample: number): object {
  const fixtures = join(packageRoot(), 'fixtures');
  return {
    target: {
      file: join(fixtures, 'models/fashion-mlp.onnx'),
      head: 'classes',
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
    },
    data: {
      test: {
        inputs: join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'),
        labels: join(fixtures, 'data/fashion-test-labels.idx1-ubyte.gz'),
        scale: 1 / 255,
        sample,
      },
    },
    audits,
  };
}
