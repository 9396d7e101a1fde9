import { execute } from '../../../../test/onnx-graphs.js';
import {
  constantOf,
  crossEntropy,
  dropoutsOf,
  fashionBatch,
  graphOf,
  hashedMasks,
  inputsOf,
  largest,
  largestDifference,
  openNetwork,
  trajectories,
  trajectoryStart,
  weightGradients,
} from '../../../../test/training-fixtures.js';
import type {
  EngineGradient,
  EngineInputs,
  EngineTrainer,
  LossSpec,
  Parameter,
  TrainingOptions,
} from '../../contract.js';
import type { Graph } from '../graph/ir.js';
import type { RuntimeValue } from '../session.js';
import { everyNth } from '../../../../test/tier.js';

/** Of the largest value: other passes, and so another order of sums. */
const TOLERANCE = 1e-5;

interface Start {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly batch: (step: number) => { readonly inputs: EngineInputs; readonly loss: LossSpec };
}

interface Trained {
  readonly losses: readonly number[];
  readonly file: Uint8Array;
  readonly parameters: readonly Parameter[];
  readonly gradient: EngineGradient;
}

const cnn: Start = { name: 'cnn', bytes: trajectoryStart(), batch: fashionBatch };
const NETWORKS = [
  'tied-layers/torchscript',
  'embedding/dynamo',
  'lstm-tokens/torchscript',
  'transformer/torchscript-kept',
];
const others: Start[] = ['dense', 'sequences']
  .flatMap(weightGradients)
  .filter(({ name }) => NETWORKS.includes(name))
  .map((stored) => ({
    name: stored.name,
    bytes: Buffer.from(stored.model, 'base64'),
    batch: () => ({ inputs: inputsOf(stored), loss: crossEntropy(stored.labels) }),
  }));

const ADAM: TrainingOptions = {
  optimizer: { kind: 'adam' },
  learningRate: { kind: 'constant', rate: 0.01 },
  weightDecay: 0.01,
};

/** Trains with the masks of every Dropout of the file. */
async function withTrainer<T>(
  { bytes, batch }: Start,
  options: TrainingOptions,
  use: (trainer: EngineTrainer, descend: (from: number, to: number) => Promise<number[]>) => Promise<T>,
): Promise<T> {
  const model = await openNetwork(bytes, batch(0).inputs);
  const trainer = await model.trainer({ ...options, dropout: hashedMasks(dropoutsOf(bytes)) });
  const descend = async (from: number, to: number): Promise<number[]> => {
    const losses: number[] = [];
    for (let step = from; step < to; step++) {
      const { inputs, loss } = batch(step);
      losses.push((await trainer.step(inputs, loss)).loss);
    }
    return losses;
  };
  const result = await use(trainer, descend);
  await trainer.dispose();
  await model.dispose();
  return result;
}

/** All of a graph but the bytes of its constants. */
function skeleton(graph: Graph): unknown {
  return { ...graph, constants: [...graph.constants].map(([name, { type, shape }]) => ({ name, type, shape })) };
}

function feedsOf(graph: Graph, inputs: EngineInputs): Record<string, RuntimeValue> {
  const [input, ...more] = graph.inputs;
  if (input === undefined || more.length > 0 || !('data' in inputs)) throw new Error('these networks have one input');
  const { shape, data } = inputs;
  const tokens = BigInt64Array.from(data, (value) => BigInt(Math.trunc(value)));
  return {
    [input.name]: input.type === 'int64' ? { type: 'int64', shape, data: tokens } : { type: 'float32', shape, data },
  };
}

describe.each(everyNth(2, [cnn, ...others]).map((start) => [start.name, start] as const))(
  '%s, written back',
  (_, start) => {
    const { inputs, loss } = start.batch(0);
    let trained: Trained;

    beforeAll(async () => {
      trained = await withTrainer(start, ADAM, async (trainer, descend) => ({
        losses: await descend(0, 4),
        file: trainer.file(),
        parameters: trainer.parameters,
        gradient: await trainer.inputGradient(inputs, loss),
      }));
    });

    test('keeps its graph: nodes, names and shapes of constants, inputs, outputs and opsets', () => {
      expect(skeleton(graphOf(trained.file))).toEqual(skeleton(graphOf(start.bytes)));
    });

    test('holds weights that have moved, each by its name, and other constants as they were', () => {
      const { file, parameters } = trained;
      const moved = new Set(parameters.map(({ name }) => name));
      const before = graphOf(start.bytes).constants;
      for (const [name, constant] of graphOf(file).constants) {
        const isEqual = Buffer.from(constant.bytes).equals(Buffer.from(before.get(name)?.bytes ?? []));
        if (!/running_/.test(name)) expect({ name, isEqual }).toEqual({ name, isEqual: !moved.has(name) });
      }
    });

    test('is opened again with the scores and the gradient of the trainer', async () => {
      const { file, gradient } = trained;
      const again = await openNetwork(file, inputs);
      const scores = await again.scores(inputs);
      const other = await again.gradient(inputs, loss);
      await again.dispose();
      for (const [found, wanted] of [
        [scores.data, gradient.scores.data],
        [other.gradient.data, gradient.gradient.data],
        [other.loss, gradient.loss],
      ] as const) {
        expect(largestDifference(found, wanted) / largest(wanted)).toBeLessThan(TOLERANCE);
      }
    });

    test('runs in ONNX Runtime by itself', async () => {
      const { file, gradient } = trained;
      const results = await execute(file, feedsOf(graphOf(file), inputs), ['logits']);
      const logits = results.get('logits')?.data as Float32Array;
      expect(largestDifference(logits, gradient.scores.data) / largest(gradient.scores.data)).toBeLessThan(TOLERANCE);
    });

    test('is the same, byte for byte, when all is done again', async () => {
      const { file, losses } = trained;
      await withTrainer(start, ADAM, async (trainer, descend) => {
        expect(await descend(0, 4)).toEqual(losses);
        expect(Buffer.from(trainer.file()).equals(Buffer.from(file))).toBe(true);
      });
    });
  },
);

describe('a trainer that is stopped', () => {
  test.each(everyNth(4, trajectories()).map(({ name, options }) => [name, options] as const))(
    'goes on with %s as if it had not: moments, schedule and running statistics',
    async (_, options) => {
      const straight = await withTrainer(cnn, options, async (trainer, descend) => {
        const losses = await descend(0, 14);
        return { losses, state: trainer.state(), file: trainer.file() };
      });
      const [early, half] = await withTrainer(cnn, options, async (trainer, descend) => {
        const losses = await descend(0, 7);
        const state = trainer.state();
        // The state is a copy: what the trainer does from here on is not in it.
        await descend(7, 9);
        return [losses, state] as const;
      });
      await withTrainer(cnn, options, async (trainer, descend) => {
        trainer.restore(half);
        expect([...early, ...(await descend(7, 14))]).toEqual(straight.losses);
        expect(trainer.state()).toEqual(straight.state);
        expect(Buffer.from(trainer.file()).equals(Buffer.from(straight.file))).toBe(true);
        // And back again, in the same trainer.
        trainer.restore(half);
        expect(await descend(7, 14)).toEqual(straight.losses.slice(7));
      });
    },
  );

  test('is where it was after gradients that move nothing', async () => {
    await withTrainer(cnn, ADAM, async (trainer, descend) => {
      await descend(0, 2);
      const before = trainer.state();
      const { inputs, loss } = fashionBatch(2);
      await trainer.weightGradients(inputs, loss);
      await trainer.inputGradient(inputs, loss);
      expect(trainer.state()).toEqual(before);
    });
  });
});

describe('what is not trained stays as it is, bit by bit', () => {
  test('frozen weights: a module and a single weight', async () => {
    const frozen = ['0', '4.weight'];
    await withTrainer(cnn, { ...ADAM, frozen }, async (trainer, descend) => {
      await descend(0, 5);
      const named = trainer.parameters.filter((parameter) => parameter.frozen).map(({ name }) => name);
      expect(named).toEqual(['0.weight', '4.weight']);
      for (const { name, frozen: stays } of trainer.parameters) {
        const difference = largestDifference(constantOf(trainer.file(), name), constantOf(cnn.bytes, name));
        expect({ name, moved: difference > 0 }).toEqual({ name, moved: !stays });
      }
      const gradients = await trainer.weightGradients(fashionBatch(5).inputs, fashionBatch(5).loss);
      expect([...gradients.keys()].filter((name) => named.includes(name))).toEqual([]);
    });
  });

  test('running statistics that layers are normalized by', async () => {
    await withTrainer(cnn, { ...ADAM, batchNormalization: 'running' }, async (trainer, descend) => {
      await descend(0, 5);
      for (const name of ['1.running_mean', '1.running_var', '4.running_mean', '4.running_var']) {
        expect(constantOf(trainer.file(), name)).toEqual(constantOf(cnn.bytes, name));
      }
    });
  });
});
