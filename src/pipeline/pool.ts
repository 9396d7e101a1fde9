/**
 * Works on items in order, at most `width` at a time. The first one that throws, and the caller's signal, stop the
 * others, and nothing new is begun. Settles when all work has ended.
 *
 * @throws what was thrown first
 */
export async function sideBySide<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await work(item, either);
      } catch (thrown) {
        failures.push(thrown);
        queue.length = 0;
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, lane));
  if (failures.length > 0) throw failures[0];
}
