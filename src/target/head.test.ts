import { isCorrect, labelsOf, labelRow, margin, takeLabels, type Head } from './head.js';

const classes: Head = { kind: 'classes', count: 3 };

describe('margins are positive exactly when the prediction is right', () => {
  test('classes: the true score against the best other', () => {
    expect(margin(classes, [1, 3, 2], [1])).toBe(1);
    expect(margin(classes, [1, 3, 2], [2])).toBe(-1);
  });

  test('a tie is not a right answer', () => {
    expect(isCorrect(classes, [2, 2, 0], [0])).toBe(false);
    expect(isCorrect({ kind: 'binary' }, [0], [1])).toBe(false);
    expect(isCorrect({ kind: 'binary' }, [0], [0])).toBe(false);
  });

  test('NaN is never right, whatever the head', () => {
    expect(isCorrect(classes, [NaN, 0, 1], [0])).toBe(false);
    expect(isCorrect(classes, [1, NaN, 0], [0])).toBe(false);
    expect(isCorrect({ kind: 'binary' }, [NaN], [1])).toBe(false);
    expect(isCorrect({ kind: 'multi-label', count: 2 }, [1, NaN], [1, 1])).toBe(false);
    expect(isCorrect({ kind: 'regression', count: 1, tolerance: 1 }, [NaN], [0])).toBe(false);
  });

  test('a label that no score has is never right', () => {
    expect(isCorrect(classes, [1, 2, 3], [7])).toBe(false);
  });

  test('binary: the sign of the score', () => {
    expect(margin({ kind: 'binary' }, [0.4], [1])).toBe(0.4);
    expect(margin({ kind: 'binary' }, [0.4], [0])).toBe(-0.4);
  });

  test('multi-label: the label that is closest to flipping', () => {
    expect(margin({ kind: 'multi-label', count: 3 }, [2, -1, 0.5], [1, 0, 1])).toBe(0.5);
    expect(margin({ kind: 'multi-label', count: 3 }, [2, -1, 0.5], [1, 1, 1])).toBe(-1);
  });

  test('regression: the tolerance that is left', () => {
    const head: Head = { kind: 'regression', count: 2, tolerance: 0.5 };
    expect(margin(head, [1, 2], [1.25, 2])).toBe(0.25);
    expect(margin(head, [1, 2], [1, 3])).toBe(-0.5);
  });
});

test('labels are taken by row', () => {
  const labels = labelsOf([1, 0, 0, 1, 1, 1], 2);
  expect([...labelRow(labels, 1)]).toEqual([0, 1]);
  expect([...takeLabels(labels, [2, 0]).values]).toEqual([1, 1, 1, 0]);
});
