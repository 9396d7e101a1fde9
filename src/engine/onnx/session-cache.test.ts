import { SessionCache } from './session-cache.js';

/** Says when it is made, used after its end and disposed of. */
class Compiled {
  static made: string[] = [];
  static disposed: string[] = [];
  #isGone = false;

  static make(name: string): Promise<Compiled> {
    Compiled.made.push(name);
    return Promise.resolve(new Compiled(name));
  }

  private constructor(readonly name: string) {}

  run(): Promise<string> {
    if (this.#isGone) throw new Error(`${this.name} runs after its end`);
    return Promise.resolve(this.name);
  }

  dispose(): Promise<void> {
    if (this.#isGone) throw new Error(`${this.name} is disposed of twice`);
    this.#isGone = true;
    Compiled.disposed.push(this.name);
    return Promise.resolve();
  }
}

beforeEach(() => {
  Compiled.made = [];
  Compiled.disposed = [];
});

function use(cache: SessionCache<Compiled>, name: string): Promise<string> {
  return cache.use(
    name,
    () => Compiled.make(name),
    (compiled) => compiled.run(),
  );
}

test('the one that was not used for the longest time goes, before another is made', async () => {
  const cache = new SessionCache<Compiled>(2);
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) expect(await use(cache, name)).toBe(name);
  expect(Compiled.made).toEqual(['a', 'b', 'c', 'b']);
  expect(Compiled.disposed).toEqual(['b', 'c']);
  expect(cache.size).toBe(2);
});

test('there are never more than the bound, once their work is done', async () => {
  const cache = new SessionCache<Compiled>(3);
  await Promise.all(Array.from({ length: 20 }, (_, i) => use(cache, `${i % 7}`)));
  expect(cache.size).toBe(3);
  expect(Compiled.made.length - Compiled.disposed.length).toBe(3);
});

test('one in use stays until its work is done', async () => {
  const cache = new SessionCache<Compiled>(1);
  let finish = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (finish = resolve));
  const long = cache.use(
    'long',
    () => Compiled.make('long'),
    async (compiled) => {
      await waiting;
      return compiled.run();
    },
  );
  expect(await use(cache, 'short')).toBe('short');
  expect(Compiled.disposed).toEqual(['short']);
  finish();
  expect(await long).toBe('long');
  expect(cache.size).toBe(1);
});

test('what failed is made again', async () => {
  const cache = new SessionCache<Compiled>(2);
  const failing = cache.use(
    'a',
    () => Promise.reject(new Error('refused')),
    () => Promise.resolve(),
  );
  await expect(failing).rejects.toThrow('refused');
  expect(cache.size).toBe(0);
  expect(await use(cache, 'a')).toBe('a');
});

test('all go in the end', async () => {
  const cache = new SessionCache<Compiled>(4);
  for (const name of ['a', 'b', 'c']) await use(cache, name);
  await cache.dispose();
  expect(Compiled.disposed.sort()).toEqual(['a', 'b', 'c']);
  expect(cache.size).toBe(0);
});
