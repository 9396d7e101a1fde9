import { builtinPlugins } from '#builtin';
import { configFromValue } from '#config/value';
import type { LoadedConfig } from '#config/loaded';
import { createRegistry } from '#plugin/registry';
import type { TargetFacts } from '#plugin/plugin';
import type { Domain } from '#target/domain';
import { afterStage, beforeStage, comparedAudits, trainingStage } from './stages.js';

const registry = createRegistry(builtinPlugins);
const domain: Domain = { kind: 'image', layout: 'NCHW', shape: [1, 4, 4], range: [0, 1], mean: [0], std: [1] };
const ten: TargetFacts = { domain, head: { kind: 'classes', count: 10 } };
const two: TargetFacts = { domain, head: { kind: 'classes', count: 2 } };
const recipe = { norm: 'L2', epsilon: 0.5 };

const RECIPE = { method: 'fast', epsilon: 0.1 };
const AUDITS = {
  'evasion/fgsm': { epsilons: 0.1 },
  'explanation/completeness': {},
  'training/adversarial': RECIPE,
};
const POLICY = {
  audits: {
    'evasion/fgsm': { robustAccuracy: { epsilon: 0.1, atLeast: 0.5 } },
    'training/adversarial': { robustAccuracyGain: { atLeast: 0.1 } },
  },
  regression: { drop: 0.02 },
};

function loadedWith(audits: object = AUDITS): Promise<LoadedConfig> {
  const target = {
    file: 'model.onnx',
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1] },
  };
  const data = { test: { inputs: 'x.npy', labels: 'y.npy' }, train: { inputs: 'x.npy', labels: 'y.npy' } };
  return configFromValue({ target, data, audits }, { cwd: '/there', name: 'assay.config.json', policy: POLICY });
}

describe('what both models are audited by', () => {
  const compare = async (audits: object, only?: string[], facts = ten) =>
    comparedAudits(await loadedWith(audits), registry, only, recipe, facts);

  test('is all that the config asks for, but for training', async () => {
    const { audits, added } = await compare(AUDITS);
    expect(Object.keys(audits)).toEqual(['evasion/fgsm', 'explanation/completeness']);
    expect(added).toEqual([]);
  });

  test('has two attacks at what the recipe trains for, where the config has none', async () => {
    const { audits, added } = await compare({ 'explanation/completeness': {} });
    expect(added).toEqual(['evasion/pgd', 'evasion/apgd-t']);
    expect(Object.keys(audits)).toEqual(['explanation/completeness', ...added]);
    for (const id of added) expect(audits[id]).toMatchObject({ norm: 'L2', epsilons: 0.5 });
  });

  test('is attacked towards chosen classes only where there are enough of them', async () => {
    expect((await compare({}, undefined, two)).added).toEqual(['evasion/pgd', 'evasion/apgd']);
  });

  test('is what the caller wants alone, and something always', async () => {
    expect(Object.keys((await compare(AUDITS, ['explanation/completeness'])).audits)).toEqual([
      'explanation/completeness',
    ]);
    expect((await compare(AUDITS, ['training/adversarial'])).added).toEqual(['evasion/pgd', 'evasion/apgd-t']);
    await expect(compare(AUDITS, ['evasion/fgms'])).rejects.toThrow(/evasion\/fgsm/);
  });
});

describe('each stage answers for its own part of the policy', () => {
  const baseline = { file: 'before.json', text: '{}' };

  test('the audit before is held against nothing', async () => {
    const loaded = { ...(await loadedWith()), baseline: { file: 'own.json', text: '{}' } };
    const before = beforeStage(loaded, registry, { 'evasion/fgsm': AUDITS['evasion/fgsm'] });
    expect(before.baseline).toBeNull();
    expect(before.policy.policy.regression).toBeNull();
    expect(Object.keys(before.policy.policy.audits)).toEqual(['evasion/fgsm']);
    expect(Object.keys(before.config.audits)).toEqual(['evasion/fgsm']);
  });

  test('the training has the recipe and its own bars', async () => {
    const training = trainingStage(await loadedWith(), { written: RECIPE, place: 'config' });
    expect(training.config.audits).toEqual({ 'training/adversarial': RECIPE });
    expect(Object.keys(training.policy.policy.audits)).toEqual(['training/adversarial']);
    expect(training.policy.policy.regression).toBeNull();
  });

  test('the audit after is of the new file, and may be no worse than before', async () => {
    const loaded = await loadedWith();
    const { audits } = loaded.config;
    const after = afterStage(loaded, registry, audits, { file: '/out/model/model.onnx', baseline });
    expect(after.config.target).toEqual({ ...loaded.config.target, file: '/out/model/model.onnx' });
    expect(after.baseline).toBe(baseline);
    expect(after.policy.policy.regression).toEqual({ alpha: 0.05, drop: 0.02 });
    expect(Object.keys(after.policy.policy.audits)).toEqual(['evasion/fgsm']);
  });
});
