import { labelsOf, type Head } from '#target/head';
import { recipe } from '../testing/runs.js';
import { collapseOf, constantOf, isTrouble, outOfPatience, troubleOf } from './trouble.js';

const place = { epoch: 3, batch: 7 };

test.each([
  [{ loss: 0.5, gradientNorm: 1e4 }, null],
  [{ loss: Infinity, gradientNorm: 1 }, 'The loss is no number in epoch 3, batch 7.'],
  [
    { loss: 0.5, gradientNorm: NaN },
    'The gradient explodes: it is no number in epoch 3, batch 7, and the recipe allows 10000.',
  ],
  [
    { loss: 0.5, gradientNorm: 10_001 },
    'The gradient explodes: it has the norm 1.00e+4 in epoch 3, batch 7, and the recipe allows 10000.',
  ],
])('a step of %j', (step, sentence) => {
  expect(troubleOf(step, recipe({}), place)?.sentence ?? null).toBe(sentence);
});

describe('catastrophic overfitting', () => {
  test('is a fall of more than 20 points within an epoch, of what is trained by single steps', () => {
    const found = collapseOf(recipe({ method: 'fast' }), 4, 0.62, 0.05);
    expect(found?.kind).toBe('catastrophic-overfitting');
    expect(found?.sentence).toBe(
      'Catastrophic overfitting: accuracy under PGD fell from 62.0 % to 5.0 % in epoch 4, while training went on against ' +
        'single steps.',
    );
    expect(collapseOf(recipe({ method: 'pgd', steps: 1 }), 4, 0.62, 0.05)).not.toBeNull();
  });

  test.each([
    ['a smaller fall', { method: 'fast' }, 0.62, 0.43],
    ['many steps', { method: 'pgd' }, 0.62, 0.05],
    ['nothing before it', { method: 'free' }, null, 0.05],
  ] as const)('is not %s', (_, parts, before, now) => {
    expect(collapseOf(recipe(parts), 4, before, now)).toBeNull();
  });
});

test('patience ends after as many epochs without a better one, and is no trouble', () => {
  const patient = recipe({ patience: 2 });
  expect([outOfPatience(patient, 3, 2), outOfPatience(recipe({}), 9, 1)]).toEqual([null, null]);
  const stop = outOfPatience(patient, 4, 2);
  expect(stop?.sentence).toBe('Training stopped after 2 epochs without a better one than epoch 2.');
  expect([isTrouble(stop), isTrouble(null), isTrouble({ kind: 'loss', sentence: '' })]).toEqual([false, false, true]);
});

describe('constant answers', () => {
  const classes: Head = { kind: 'classes', count: 3 };
  const labels = labelsOf([0, 1, 1, 2]);

  test('are a fall to what the most common class would have, from more than five points above it', () => {
    const found = constantOf(classes, labels, 2, 0.75, 0.5);
    expect(found).toEqual({
      kind: 'constant-answers',
      sentence:
        'Clean accuracy fell from 75.0 % to 50.0 % in epoch 2, and one answer for all would have 50.0 %: the learning rate is ' +
        'too high, or the recipe too hard for that many steps.',
    });
    expect(isTrouble(found)).toBe(true);
  });

  test.each([
    ['a model that is right more often', classes, 0.8, 0.51],
    ['a model that had not learned more', classes, 0.54, 0.5],
    ['values', { kind: 'regression', count: 1, tolerance: 1 }, 0.8, 0.2],
  ] as const)('are not seen in %s', (_, head, best, now) => {
    expect(constantOf(head, labels, 2, best, now)).toBeNull();
  });
});
