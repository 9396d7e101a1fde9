import type { Tensor } from '#base/tensor';
import { requireAgreement } from './agreement.js';
import { linearTarget } from './linear.js';
import type { Capability, DifferentiableTarget, Target } from './target.js';

const probe: Tensor = { shape: [3, 2], data: Float32Array.of(1, 2, 0.5, -1, 0, 3) };
const linear = (weight: number, bias = 0): DifferentiableTarget =>
  linearTarget(
    [
      [weight, 1],
      [0, 1],
    ],
    [bias, 0],
    { head: { kind: 'classes', count: 2 }, shape: [2] },
  );

/** The same target with something else in the place of its gradient. */
function withGradient(target: DifferentiableTarget, change: (values: Float32Array) => Float32Array): Target {
  const changed: Partial<DifferentiableTarget> = {
    predict: (inputs) => target.predict(inputs),
    gradient: async (inputs, loss) => {
      const found = await target.gradient(inputs, loss);
      return { ...found, gradient: { ...found.gradient, data: change(found.gradient.data) } };
    },
  };
  return Object.assign(Object.create(target) as Target, changed);
}
const compare = (onDevice: Target) => requireAgreement({ device: 'webgpu' }, onDevice, linear(2), probe);

test('rounding is agreement', async () => {
  await expect(compare(linear(2))).resolves.toBeUndefined();
  await expect(compare(linear(2 + 1e-6))).resolves.toBeUndefined();
});

test('other scores are none', async () => {
  await expect(compare(linear(2, 0.05))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(
      /^device: on `webgpu` the model gives other scores than on the CPU \(they differ by 0\.0\d+\)\. Set `device` to `cpu`\.$/,
    ) as string,
  });
  const silent = Object.assign(Object.create(linear(2)) as Target, {
    predict: () => Promise.resolve({ shape: [3, 2], data: new Float32Array(6).fill(NaN) }),
  });
  await expect(compare(silent)).rejects.toThrow('differ by Infinity');
});

test('other gradients are none, although the scores agree', async () => {
  await expect(compare(withGradient(linear(2), (values) => values.map((value) => -value)))).rejects.toThrow(
    'gives other gradients than on the CPU',
  );
  await expect(compare(withGradient(linear(2), (values) => values.fill(NaN)))).rejects.toThrow('differ by Infinity');
});

test('one sample at a kink is agreement', async () => {
  const kink = (values: Float32Array): Float32Array => values.map((value, i) => (i < 2 ? 0 : value));
  await expect(compare(withGradient(linear(2), kink))).resolves.toBeUndefined();
});

test('no gradients where the CPU has them is none', async () => {
  const without = Object.assign(Object.create(linear(2)) as Target, {
    predict: (inputs: Tensor) => linear(2).predict(inputs),
    capabilities: new Set<Capability>(['labels', 'scores']),
    missing: new Map<Capability, string>([['gradients', 'a kernel is missing']]),
  });
  await expect(compare(without)).rejects.toThrow(
    'on `webgpu` the model has no gradients, as it has on the CPU: a kernel is missing. Set `device` to `cpu`.',
  );
});
