import { fuzz } from '../../../../test/fuzz.js';

test('10,000 mutated models are opened or refused by an AssayError, and end no process', async () => {
  const { failures } = await fuzz(10_000, 'deep fuzz');
  expect(failures).toEqual([]);
}, 1_800_000);
