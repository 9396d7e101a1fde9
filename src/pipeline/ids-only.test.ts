import type { Detail } from '#report/details';
import { garmentPairs, reviewTokens } from '../../reports/testing/details.js';
import { ExampleFolder } from '../../reports/testing/pictures.js';
import { withoutValues } from './ids-only.js';

const rows: Detail = {
  kind: 'table',
  title: 'People',
  columns: [{ label: 'Town', format: 'text' }],
  rows: [['Ulm']],
  samples: true,
};

test('values and texts of samples are gone, and their indices stay', () => {
  expect(JSON.stringify(withoutValues(rows))).not.toContain('Ulm');
  expect(withoutValues(rows)).toMatchObject({
    title: 'People',
    rows: [],
    note: expect.stringContaining('index only') as string,
  });
  const tokens = withoutValues(reviewTokens);
  expect(tokens).toMatchObject({ rows: reviewTokens.rows.map(({ sample }) => ({ sample, tokens: [] })) });
});

test('what holds no value of a sample stays as it is', () => {
  const { samples: _, ...counts } = rows;
  for (const detail of [counts, garmentPairs(new ExampleFolder(), 'pgd', 1)]) {
    expect(withoutValues(detail)).toEqual(detail);
  }
});
