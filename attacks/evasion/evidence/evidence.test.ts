import { digestOfBytes } from '#base/digest';
import { canonicalJson } from '#base/json';
import { row, takeRows } from '#base/tensor';
import { plainJson } from '#pipeline/plain-json';
import type { Evidence, JudgePolicy, RunContext, Verdict } from '#plugin/plugin';
import { memoryContext } from '#testing/context';
import { linearProblem, withoutGradients } from '#testing/linear-problem';
import { labelRow, margin, takeLabels } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import type { EvasionAttack } from './chunk.js';
import { bitAt, countBits, type EvasionData } from './data.js';
import { attackEvidence } from './evidence.js';
import { fgsm } from '../fgsm.js';
import { type EvasionPolicy } from '../verdict/judge.js';
import { chosen } from './keep.js';
import { noise } from '../noise.js';
import { normsOf, sizeIn } from '../geometry/norms.js';
import { pgd, runPgd, type PgdOptions } from '../pgd.js';
import { curveTarget, points } from '../../../test/curve-target.js';
import { everyEpsilon, everyOutcome, everyValue, tampering } from '../../../test/tampered-attack.js';

const POLICY: JudgePolicy<EvasionPolicy> = {
  thresholds: { robustAccuracy: { atLeast: 0 } },
  setBy: 'policy file',
  minimumSamples: 1,
};

const OPTIONS: PgdOptions = {
  ...{ norm: 'Linf', epsilons: [0.05, 0.2], steps: 10, restarts: 1 },
  ...{ randomStart: true, loss: 'cross-entropy', earlyStop: true },
};

interface Setting {
  readonly target: DifferentiableTarget;
  readonly samples: Samples;
  readonly options?: PgdOptions;
  readonly keep?: number;
}

function contextOf({ target, samples, options = OPTIONS, keep = 64 }: Setting): RunContext<PgdOptions> {
  return { ...memoryContext(pgd(options), target, samples, { keep }), options };
}

function run(setting: Setting, attack: EvasionAttack<PgdOptions> = PGD): Promise<Evidence<EvasionData>> {
  return attackEvidence(attack, contextOf(setting));
}

/** What is around an attack is the matter here; its examination has tests of its own. */
const PGD: EvasionAttack<PgdOptions> = { name: 'PGD', uses: 'gradients', run: runPgd, examined: false };
const problem = linearProblem([8], 'three classes', 'tight');

function judge(data: EvasionData): Verdict {
  return pgd.plugin.judge(data, POLICY);
}

function failingSigns(data: EvasionData): string[] {
  return judge(data).signs.flatMap(({ id, holds }) => (holds ? [] : [id]));
}

describe('what an honest attack leaves', () => {
  test('every adversarial input that counts was found within budget and domain, and is wrong', async () => {
    const { data, examples = [] } = await run(problem);
    expect(countBits(data.epsilons[1]!.broken)).toBe(examples.length);
    expect(examples.length).toBeGreaterThan(3);
    for (const { sample, original, changed, epsilon, norm, label, scoresAfter, scoresBefore } of examples) {
      expect(original).toEqual(row(problem.samples.inputs, sample));
      expect(norm).toEqual({ kind: 'Linf', value: sizeIn('Linf', normsOf(original, changed)) });
      expect(norm.value).toBeLessThanOrEqual(epsilon);
      expect(label).toEqual([...labelRow(problem.samples.labels, sample)]);
      expect(margin(problem.target.head, scoresBefore, label)).toBeGreaterThan(0);
      expect(margin(problem.target.head, scoresAfter, label)).toBeLessThanOrEqual(0);
      expect(data.epsilons[1]!.digests[sample]).toBe(
        digestOfBytes(new Uint8Array(changed.buffer, changed.byteOffset, changed.byteLength)),
      );
    }
    expect(failingSigns(data)).toEqual([]);
  });

  test('it can be written as JSON and read back the same', async () => {
    const { data } = await run(problem);
    expect(JSON.parse(canonicalJson(plainJson(data, 'data')))).toEqual(data);
  });

  test('each epsilon carries what smaller ones broke', async () => {
    const { data } = await run(problem);
    const [small, large] = data.epsilons;
    expect(large!.carried).toBe(small!.broken);
    for (let i = 0; i < data.n; i++) if (bitAt(small!.broken, i)) expect(large!.norms[i]).toBe(small!.norms[i]);
  });

  test('rows through the target are counted by what they were for', async () => {
    const { target, samples } = linearProblem([8], 'three classes', 'tight');
    const { data } = await run({ target, samples });
    const { attackPredictions, attackGradients, checkPredictions, noisePredictions } = data.queries;
    expect(attackPredictions + checkPredictions + noisePredictions).toBe(target.queries.predictions);
    expect(attackGradients).toBe(target.queries.gradients);
    const spent = data.epsilons.flatMap(({ gradientQueries }) => gradientQueries);
    expect(spent.reduce<number>((sum, each) => sum + (each ?? 0), 0)).toBe(attackGradients);
  });

  test('no sample gives no numbers, and no verdict', async () => {
    const { data, examples } = await run({ ...problem, samples: take(problem.samples, []) });
    expect(data).toMatchObject({ n: 0, cleanCorrect: '', indices: [] });
    expect(examples).toEqual([]);
    expect(judge(data).status).toBe('inconclusive');
  });

  test('epsilon 0 is clean accuracy', async () => {
    const { data } = await run({ ...problem, options: { ...OPTIONS, epsilons: 0 } });
    expect(data.epsilons[0]).toMatchObject({
      epsilon: 0,
      broken: '0'.repeat(data.n),
      rightUnderNoise: data.cleanCorrect,
    });
    expect(failingSigns(data)).toEqual([]);
  });

  test('an epsilon beyond the whole domain is a slip, such as 8 for 8/255', async () => {
    await expect(run({ ...problem, options: { ...OPTIONS, epsilons: 8 } })).rejects.toMatchObject({
      name: 'AssayError',
      message:
        'epsilons: 8 is more than the largest change that the domain allows, 1 in Linf. ' +
        'Epsilons are in the units of the data, whose range is 0 to 1.',
    });
    const l1: PgdOptions = { ...OPTIONS, norm: 'L1', epsilons: 8 };
    await expect(run({ ...problem, options: l1 })).resolves.toBeDefined();
  });
});

describe('chunks', () => {
  /** 600 samples: three chunks. */
  function many(): Setting {
    const rows = Array.from({ length: 600 }, (_, i) => i % problem.samples.indices.length);
    const samples = { ...take(problem.samples, rows), indices: rows.map((_, i) => i) };
    return { target: problem.target, samples, options: { ...OPTIONS, steps: 3 }, keep: 10 };
  }

  test('what is known of a sample does not depend on the chunk that it is in', async () => {
    const setting = many();
    const whole = await run(setting);
    const order = setting.samples.indices.map((_, i) => (i * 7) % 600);
    const shuffled = await run({ ...setting, samples: take(setting.samples, order) });
    const at = (data: EvasionData, sample: number) => {
      const i = data.indices.indexOf(sample);
      return data.epsilons.map(({ broken, norms, margins, digests, queries }) => [
        broken[i],
        norms[i],
        margins[i],
        digests[i],
        queries[i],
      ]);
    };
    for (const sample of [0, 1, 255, 256, 300, 511, 512, 599])
      expect(at(shuffled.data, sample)).toEqual(at(whole.data, sample));
    expect(shuffled.examples).toEqual(whole.examples);
  });

  test('each is one step, of at most 256 samples', async () => {
    const context = contextOf(many());
    const names: string[] = [];
    const step: typeof context.step = (name, compute) => {
      names.push(name);
      return context.step(name, compute);
    };
    const { data } = await attackEvidence(PGD, { ...context, step });
    expect(names).toEqual(['samples-0', 'samples-256', 'samples-512']);
    expect(data.n).toBe(600);
  });

  test('a chunk that is recalled gives the same as one that is computed', async () => {
    const context = contextOf(many());
    const kept = new Map<string, unknown>();
    const recording: typeof context.step = async (name, compute) => {
      const value = await context.step(name, compute);
      kept.set(name, value);
      return value;
    };
    const first = await attackEvidence(PGD, { ...context, step: recording });
    const recalling: typeof context.step = (name) => Promise.resolve(kept.get(name) as never);
    const before = { ...problem.target.queries };
    const second = await attackEvidence(PGD, { ...contextOf(many()), step: recalling });
    expect(second).toEqual(first);
    expect(problem.target.queries).toEqual(before);
  });

  test('at most `keep` inputs are kept: the three smallest changes, then by seeded rank', async () => {
    const { examples = [], data } = await run(many());
    expect(examples).toHaveLength(10);
    const sizes = data.epsilons
      .at(-1)!
      .norms.filter((size) => size !== null)
      .sort((a, b) => a - b);
    // Columns have seven digits.
    examples.slice(0, 3).forEach(({ norm }, i) => expect(norm.value).toBeCloseTo(sizes[i]!, 6));
    expect((await run({ ...many(), keep: 0 })).examples).toEqual([]);
  });

  test('choosing from the choices of parts is choosing from the whole', () => {
    const all = Array.from({ length: 40 }, (_, i) => ({ sample: i, size: (i * 17) % 23, rank: (i * 29) % 41 }));
    for (const keep of [0, 1, 3, 4, 10, 64]) {
      const parts = [all.slice(0, 13), all.slice(13, 27), all.slice(27)].flatMap((part) => chosen(part, keep));
      expect(chosen(parts, keep)).toEqual(chosen(all, keep));
      expect(chosen(all, keep)).toHaveLength(Math.min(keep, 40));
    }
  });
});

describe('attacks that lie, or fail', () => {
  test.each([
    [
      'beyond the budget',
      everyEpsilon((each) => ({ ...each, inputs: everyValue(each.inputs, (value) => (value > 0.5 ? 0 : 1)) })),
      'over-budget',
    ],
    [
      'of values that are not numbers',
      everyEpsilon((each) => ({ ...each, inputs: everyValue(each.inputs, () => NaN) })),
      'not-finite',
    ],
  ] as const)('a change %s is not adversarial', async (_, change, because) => {
    const { data, examples } = await run(problem, tampering(change));
    const byNoise = data.epsilons.reduce((sum, each) => sum + countBits(each.brokenByNoise), 0);
    expect(countBits(data.epsilons[1]!.broken)).toBe(byNoise);
    expect(data.epsilons[1]!.refused.length).toBeGreaterThan(3);
    expect(new Set(data.epsilons.flatMap(({ refused }) => refused.map((each) => each.because)))).toEqual(
      new Set([because]),
    );
    expect(examples!.every(({ changed }) => changed.every(Number.isFinite))).toBe(true);
    expect(failingSigns(data)).toContain('unconfirmed');
    expect(judge(data).status).toBe('inconclusive');
  });

  test('a change that leaves the domain is not adversarial', async () => {
    const target = curveTarget({ score: (x) => 1.02 - x, slope: () => -1 });
    const outside = everyEpsilon((each) => ({
      ...each,
      inputs: everyValue(each.inputs, (value) => value + 0.05),
      outcomes: everyOutcome(each.outcomes, () => ({ fate: 'broken' })),
    }));
    const { data } = await run(
      { target, samples: points([0.99]), options: { ...OPTIONS, epsilons: 0.1 } },
      tampering(outside),
    );
    expect(data.epsilons[0]).toMatchObject({ broken: '0', refused: [{ sample: 0, because: 'outside-domain' }] });
  });

  test('an input that keeps its label is not adversarial, whatever the attack says', async () => {
    const boasting = everyEpsilon((each) => ({
      ...each,
      outcomes: everyOutcome(each.outcomes, () => ({ fate: 'broken', margin: -1 })),
    }));
    const { target, samples } = linearProblem([8], 'binary');
    const { data, examples } = await run(
      { target, samples, options: { ...OPTIONS, epsilons: 1e-6 } },
      tampering(boasting),
    );
    expect(countBits(data.epsilons[0]!.broken)).toBe(0);
    expect(data.epsilons[0]!.refused).toHaveLength(data.n);
    expect(examples).toEqual([]);
    expect(judge(data).status).toBe('inconclusive');
    expect(judge(data).measures[0]!.value).toBe(1);
  });

  test('an input that is wrong counts although the attack took it for a failure', async () => {
    const modest = everyEpsilon((each) => ({
      ...each,
      outcomes: everyOutcome(each.outcomes, ({ fate }) => ({ fate: fate === 'misclassified' ? fate : 'survived' })),
    }));
    const [honest, silent] = [await run(problem), await run(problem, tampering(modest))];
    expect(silent.data.epsilons.map(({ broken }) => broken)).toEqual(honest.data.epsilons.map(({ broken }) => broken));
    expect(failingSigns(silent.data)).toEqual(['silent-success']);
  });

  test('an attack that hides samples as misclassified is held to the clean answers', async () => {
    const hiding = everyEpsilon((each) => ({
      ...each,
      inputs: problem.samples.inputs,
      outcomes: everyOutcome(each.outcomes, () => ({ fate: 'misclassified' })),
    }));
    const { data } = await run(problem, tampering(hiding));
    expect(data.cleanCorrect).toBe('1'.repeat(data.n));
    expect(failingSigns(data)).toContain('unconfirmed');
  });

  test.each([
    [
      'an epsilon less',
      (result) => ({ ...result, epsilons: result.epsilons.slice(1) }),
      'the attack gives epsilons 0.2 where 0.05, 0.2 were asked',
    ],
    [
      'a sample less',
      everyEpsilon((each) => ({ ...each, outcomes: each.outcomes.slice(1) })),
      'the attack does not give one input and one outcome for each sample',
    ],
  ] as const satisfies readonly (readonly [string, Parameters<typeof tampering>[0], string])[])(
    '%s ends in a sentence',
    async (_, change, what) => {
      await expect(run(problem, tampering(change))).rejects.toMatchObject({ code: 'plugin', what });
    },
  );
});

describe('models that look robust', () => {
  test('a model whose gradients are zero ends inconclusive, never pass', async () => {
    const { samples, target } = linearProblem([8], 'binary');
    const options: PgdOptions = { ...OPTIONS, epsilons: 1e-4 };
    const { data } = await run({ target: withoutGradients(target), samples, options });
    expect(failingSigns(data)).toEqual(['zero-gradients', 'loss-did-not-rise']);
    expect(judge(data).status).toBe('inconclusive');
    expect(judge(data).measures[0]!.value).toBe(1);
    const honest = await run({ target, samples, options });
    expect(judge(honest.data).status).toBe('pass');
  });

  test('where noise breaks what the attack does not, the sample counts as broken and the attack is not believed', async () => {
    // The gradient points away from the only way to be wrong, to one side of every input.
    const misleading = curveTarget({ score: (x) => (x < 0.48 ? -1 : 1), slope: () => -1 });
    const samples = points(Array.from({ length: 40 }, () => 0.5));
    const options: PgdOptions = { ...OPTIONS, epsilons: 0.1, randomStart: false };
    const { data, examples } = await run({ target: misleading, samples, options });
    const [at] = data.epsilons;
    // 10 draws, each wrong with probability 0.4: 0.6 % survive.
    expect(countBits(at!.broken)).toBeGreaterThan(36);
    expect(at!.brokenByNoise).toBe(at!.broken);
    expect(examples).toHaveLength(countBits(at!.broken));
    expect(failingSigns(data)).toContain('loses-to-noise');
    // One draw: right with probability 0.6.
    expect(countBits(at!.rightUnderNoise!)).toBeGreaterThan(12);
    expect(countBits(at!.rightUnderNoise!)).toBeLessThan(36);
  });

  test('scores that are not numbers never pass', async () => {
    const blind = curveTarget({ score: (x) => (x > 0.9 ? NaN : 1), slope: () => -1 });
    const { data } = await run({
      target: blind,
      samples: points([0.1, 0.2, 0.95]),
      options: { ...OPTIONS, epsilons: 0.05 },
    });
    expect(data.cleanCorrect).toBe('110');
    expect(data).toMatchObject({ cleanMargins: [1, 1, null], finite: '110' });
    expect(failingSigns(data)).toContain('not-finite');
    expect(judge(data).status).toBe('inconclusive');
    expect(JSON.parse(canonicalJson(plainJson(data, 'data')))).toEqual(data);
  });

  test('an input that makes the model say nothing is adversarial, and is reported', async () => {
    const fragile = curveTarget({ score: (x) => (x > 0.52 ? NaN : 1), slope: () => -1 });
    const { data } = await run({
      target: fragile,
      samples: points([0.5]),
      options: { ...OPTIONS, epsilons: 0.05, randomStart: false },
    });
    expect(data.epsilons[0]).toMatchObject({ broken: '1', margins: [null] });
    expect(data.finite).toBe('0');
  });
});

describe('the three attacks on one model', () => {
  test('none is stronger than PGD with the same budget, sample by sample', async () => {
    const setting = { ...linearProblem([4, 6], 'three classes', 'tight') };
    const epsilons = [0.02, 0.1];
    const bits = async (configured: ReturnType<typeof pgd>) => {
      const { data } = await configured.plugin.run(memoryContext(configured, setting.target, setting.samples));
      return (data as EvasionData).epsilons.map(({ broken }) => broken);
    };
    const strong = await bits(pgd({ norm: 'Linf', epsilons, steps: 20 }));
    for (const weak of [await bits(fgsm({ norm: 'Linf', epsilons })), await bits(noise({ norm: 'Linf', epsilons }))]) {
      weak.forEach((broken, k) => {
        for (let i = 0; i < broken.length; i++) if (bitAt(broken, i)) expect(bitAt(strong[k]!, i)).toBe(true);
      });
    }
    expect(countBits(strong[1]!)).toBeGreaterThan(countBits(strong[0]!));
  });

  test('noise has no baseline of its own', async () => {
    const configured = noise({ norm: 'L2', epsilons: 0.3 });
    const { data } = await configured.plugin.run(memoryContext(configured, problem.target, problem.samples));
    const own = data as EvasionData;
    expect(own.epsilons[0]).toMatchObject({ rightUnderNoise: null, brokenByNoise: '0'.repeat(own.n) });
    expect(judge(own).signs.map(({ id }) => id)).toEqual(['unconfirmed', 'silent-success', 'not-finite']);
  });

  test('a cost that is planned is never less than what is spent', async () => {
    for (const configured of [
      pgd({ epsilons: [0, 0.05, 0.1], steps: 5, restarts: 2 }),
      fgsm({ epsilons: [0.05, 0.1] }),
      noise({ epsilons: [0.05, 0.1], draws: 3 }),
    ]) {
      const { target, samples } = linearProblem([8], 'three classes', 'tight');
      const context = memoryContext(configured, target, samples);
      await configured.plugin.run(context);
      const planned = configured.plugin.cost(samples.indices.length, context.options);
      expect(target.queries.predictions).toBeLessThanOrEqual(planned.predictions);
      expect(target.queries.gradients).toBeLessThanOrEqual(planned.gradients);
    }
  });
});

function take(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? -1),
  };
}
