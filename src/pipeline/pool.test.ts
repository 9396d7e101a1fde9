import { sideBySide } from './pool.js';

const never = new AbortController().signal;
const tick = () => new Promise((resolve) => setImmediate(resolve));

test.each([1, 2, 3, 10])('works on each item once, at most %i at a time, in order', async (width) => {
  const begun: number[] = [];
  let working = 0;
  let most = 0;
  await sideBySide([0, 1, 2, 3, 4, 5], width, never, async (item) => {
    begun.push(item);
    most = Math.max(most, ++working);
    await tick();
    working--;
  });
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(Math.min(width, 6));
});

test('the first that throws stops the others, begins nothing new, and is thrown when all have ended', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const first = new Error('first');
  const work = async (item: number, signal: AbortSignal): Promise<void> => {
    begun.push(item);
    if (item === 0) {
      await tick();
      throw first;
    }
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
    });
    await tick();
    ended.push(item);
    throw new Error('stopped');
  };
  await expect(sideBySide([0, 1, 2, 3], 2, never, work)).rejects.toBe(first);
  expect(begun).toEqual([0, 1]);
  expect(ended).toEqual([1]);
});

test("the caller's signal reaches the work", async () => {
  const controller = new AbortController();
  const done = sideBySide(
    [0],
    1,
    controller.signal,
    (_, signal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      }),
  );
  controller.abort();
  await expect(done).rejects.toThrow('stopped');
});

test('nothing to do is done', async () => {
  await expect(sideBySide([], 2, never, () => Promise.reject(new Error('x')))).resolves.toBeUndefined();
});
