import { exportedBytes, exportedInputs, exportedSpec, readExported } from '../../../../test/exported-models.js';
import { onBoth, relative } from '../../../../test/tfjs-models.js';
import type { Propagation } from '../../contract.js';

/** ResNets as exporters write them: with batch normalizations, skip connections and overlapping poolings. */
test.each(['unit/resnet-batch1-torchscript', 'unit/resnet-batch1-dynamo'])('both engines agree on %s', async (name) => {
  const stored = readExported(name);
  const inputs = exportedInputs(stored);
  if (!('data' in inputs)) throw new Error('a network of images has one input');
  const baselines = { shape: inputs.shape, data: inputs.data.map((value) => 0.3 - 0.5 * value) };
  const propagations: readonly Propagation[] = [
    { kind: 'guided-backpropagation' },
    { kind: 'deconvolution' },
    { kind: 'deep-lift', baselines },
    { kind: 'lrp', composite: [{ at: 'any', rule: { kind: 'alpha-beta', alpha: 2, beta: 1 } }] },
    {
      kind: 'lrp',
      composite: [
        { at: 'first', rule: { kind: 'z-b', low: -3, high: 3 } },
        { at: 'convolution', rule: { kind: 'z-plus' } },
      ],
    },
  ];
  await onBoth(exportedBytes(name, stored), exportedSpec(stored), async ({ tfjs, onnx }) => {
    const labels = Float64Array.from({ length: inputs.shape[0] ?? 0 }, (_, i) => i);
    for (const propagation of propagations) {
      const own = await tfjs.propagate(inputs, labels, propagation);
      const other = await onnx.propagate(inputs, labels, propagation);
      const difference = relative(own.relevance.data, other.relevance.data);
      expect([propagation.kind, difference < 1e-5 ? 'equal' : difference]).toEqual([propagation.kind, 'equal']);
    }
  });
});
