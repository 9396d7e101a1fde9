// A training step of whole models (batch 128; SGD with momentum and weight decay, batch normalization in training mode): Assay
// against PyTorch in one run, as medians of paired ratios, and the largest memory of a process that does nothing else.
//
//   node bench/training.mjs [model ...] [--python python3] [--repetitions 9] [--threads 2] [--folder /tmp/assay-bench]
//
// Models: cnn resnet18 (a first convolution of 3 x 3 for 32 pixels). A timing is the mean of as many steps as PyTorch takes
// in half a second, one at least. Both sides start from the same weights, so that the losses of their first steps agree.
// See pgd.mjs for why 300 ms lie between two timings.
import { benchmark, openExported, round } from './whole-models.mjs';

await benchmark({
  script: import.meta.url,
  peer: 'training_torch.py',
  // Nothing is asked for beside the faster layout.
  required: { cnn: { eager: 1, 'channels-last': null }, resnet18: { eager: 0.95, 'channels-last': null } },
  open: async (model) => {
    const { facts, opened, inputs, loss } = await openExported(`${model}-training`);
    if (opened.facts.noTraining !== null) throw new Error(opened.facts.noTraining);
    const trainer = await opened.trainer({
      optimizer: { kind: 'sgd', momentum: facts.momentum },
      learningRate: { kind: 'constant', rate: facts.rate },
      weightDecay: facts.weightDecay,
    });
    return {
      once: () => trainer.step(inputs, loss),
      dispose: async () => {
        await trainer.dispose();
        await opened.dispose();
      },
    };
  },
  difference: async (own, { losses }) => ({ differenceOfLosses: round(await largestDifference(own, losses)) }),
});

/** Of the losses of the first steps, which PyTorch gave for the same weights and images. */
async function largestDifference(own, losses) {
  let largest = 0;
  for (const loss of losses) largest = Math.max(largest, Math.abs((await own.once()).loss - loss));
  return largest;
}
