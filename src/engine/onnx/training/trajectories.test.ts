import {
  constantOf,
  dropoutsOf,
  fashionBatch,
  hashedMasks,
  largest,
  largestDifference,
  numbersOf,
  openNetwork,
  trajectories,
  trajectoryStart,
} from '../../../../test/training-fixtures.js';
import { learningRateAt } from '../../training/learning-rate.js';
import { everyNth } from '../../../../test/tier.js';

/** A tenth of what is asked for: in float32 and in float64 PyTorch's own losses differ by 4e-7 at most. */
const LOSS = 1e-4;
/** Of the largest value of a weight. */
const WEIGHT = 1e-3;

test.each(everyNth(2, trajectories()).map((stored) => [stored.name, stored] as const))(
  'a hundred steps of %s are those of PyTorch',
  async (_, { options, losses, rates, statistics, weights }) => {
    const start = trajectoryStart();
    const model = await openNetwork(start, fashionBatch(0).inputs);
    const trainer = await model.trainer({ ...options, dropout: hashedMasks(dropoutsOf(start)) });
    const found: number[] = [];
    for (let step = 0; step < losses.length; step++) {
      const { inputs, loss } = fashionBatch(step);
      found.push((await trainer.step(inputs, loss)).loss);
    }
    const trained = trainer.file();
    await trainer.dispose();
    await model.dispose();
    const apart = losses.flatMap((wanted, step) =>
      Math.abs(wanted - (found[step] ?? NaN)) < LOSS ? [] : [{ step, wanted, found: found[step] }],
    );
    expect(apart).toEqual([]);
    rates.forEach((rate, step) => expect(learningRateAt(options.learningRate, step)).toBeCloseTo(rate, 12));
    for (const [name, stored] of Object.entries({ ...statistics, ...weights })) {
      const wanted = numbersOf(stored);
      const error = largestDifference(constantOf(trained, name), wanted) / largest(wanted);
      expect({ name, isClose: error < WEIGHT }).toEqual({ name, isClose: true });
    }
  },
);
