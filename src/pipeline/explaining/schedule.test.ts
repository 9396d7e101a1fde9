import { Type } from '@sinclair/typebox';
import { complete } from '#config/complete';
import type { Config } from '#config/schema';
import { defineExplainer, type Explainer } from '#plugin/explainer';
import { scheduleOf } from './schedule.js';

const explainer = (id: string, changes: Partial<Explainer> = {}): Explainer =>
  defineExplainer({
    ...{ id, title: id, description: '', sources: [], needs: [], role: 'explanation' },
    options: Type.Object({ steps: Type.Integer({ minimum: 1, default: 3 }) }),
    appliesTo: () => null,
    explain: () => Promise.resolve({ attribution: null, details: [], statements: [] }),
    ...changes,
  });

const explainers = [
  explainer('always'),
  explainer('gradients', { needs: ['scores', 'gradients'] }),
  explainer('pictures', { appliesTo: ({ domain }) => (domain.kind === 'image' ? null : 'it needs pictures') }),
];
const kit = { explainers, ofModel: [] };
const facts = {
  domain: { kind: 'tabular' as const, shape: [2], range: [0, 1] as const, mean: [0, 0], std: [1, 1] },
  head: { kind: 'binary' as const },
};
const card = {
  capabilities: ['labels', 'scores'],
  missing: [{ capability: 'gradients', because: 'it is an endpoint' }],
};

function loaded(config: Partial<Config> = {}) {
  return { config: complete({ audits: {}, ...config }, '/'), file: '/assay.config.json' };
}

test('every explainer stands there in the order of the kit, with its defaults, and why it cannot run', () => {
  const schedule = scheduleOf(kit, loaded(), facts, card, undefined);
  expect(schedule.map(({ explainer: { id }, options, because }) => [id, options, because])).toEqual([
    ['always', { steps: 3 }, null],
    ['gradients', { steps: 3 }, 'it is an endpoint'],
    ['pictures', { steps: 3 }, 'it needs pictures'],
  ]);
});

test('a capability that is missing without a reason is named', () => {
  const [, gradients] = scheduleOf(kit, loaded(), facts, { ...card, missing: [] }, undefined);
  expect(gradients?.because).toBe('the model gives no gradients');
});

test('only those that were asked for, with the options of the config', () => {
  const schedule = scheduleOf(kit, loaded({ explain: { always: { steps: 9 } } }), facts, card, ['always']);
  expect(schedule.map(({ explainer: { id }, options }) => [id, options])).toEqual([['always', { steps: 9 }]]);
});

test.each([
  ['an unknown id', {}, ['allways'], '--only: "allways" names no explainer; the closest is `always`'],
  ['unknown options', { explain: { always: { stps: 1 } } }, undefined, 'stps'],
  ['options out of range', { explain: { always: { steps: 0 } } }, undefined, 'explain.always.steps'],
  ['an unknown explainer of the config', { explain: { gradient: {} } }, undefined, 'the closest is `gradients`'],
])('%s is refused', (_, config, only, sentence) => {
  expect(() => scheduleOf(kit, loaded(config), facts, card, only)).toThrow(sentence);
});
