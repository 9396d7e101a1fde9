// The input gradient of whole models (batch 64; the text encoder 8 x 128 tokens): Assay against PyTorch in one run, as
// medians of paired ratios, and the largest memory of a process that does nothing else.
//
//   node bench/gradients.mjs [model ...] [--python python3] [--repetitions 9] [--threads 2] [--folder /tmp/assay-bench]
//
// Models: mlp cnn resnet18 mobilenet_v2 bert_base. A timing is the mean of as many gradients as PyTorch computes in half a
// second, one at least, as an attack computes them: one after the other. See pgd.mjs for why 300 ms lie between two timings.
import { benchmark, openExported } from './whole-models.mjs';

await benchmark({
  script: import.meta.url,
  peer: 'gradient_torch.py',
  required: {
    mlp: { eager: 0.5 },
    cnn: { eager: 0.5, 'channels-last': 0.85 },
    resnet18: { eager: 0.75, 'channels-last': 0.85 },
    mobilenet_v2: { eager: 0.75, 'channels-last': 0.85 },
    bert_base: { eager: 0.85, 'fused-attention': 0.95 },
  },
  open: async (model) => {
    const { opened, inputs, loss } = await openExported(model);
    if (opened.facts.noGradients !== null) throw new Error(opened.facts.noGradients);
    return { once: () => opened.gradient(inputs, loss), dispose: () => opened.dispose() };
  },
  difference: async (own, { sum }) => ({ differenceOfSums: relativeError(await own.once(), sum) }),
});

/** Both sums of absolute values are of the same gradient. */
function relativeError({ gradient }, sum) {
  const own = gradient.data.reduce((total, value) => total + Math.abs(value), 0);
  return Math.abs(own - sum) / sum;
}
