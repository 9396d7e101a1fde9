import { fuzz } from '../../../../test/fuzz.js';

test('300 mutated models are opened or refused by an AssayError, and end no process', async () => {
  const { failures, opened, refused } = await fuzz(300, 'fuzz');
  expect(failures).toEqual([]);
  // That both ends happen shows that the mutations reach what matters and spare what does not.
  expect(opened).toBeGreaterThan(30);
  expect(refused).toBeGreaterThan(100);
});
