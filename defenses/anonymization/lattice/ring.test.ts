import fc from 'fast-check';
import { Ring } from './ring.js';

const LENGTH = 20;
const MOST = 5;

/** Small ones often enough that the ring surely comes to hold as many as it may. */
const sizesOfThings = fc.array(
  fc.oneof(fc.integer({ min: 1, max: LENGTH / MOST }), fc.integer({ min: 1, max: LENGTH + 2 })),
  { maxLength: 60 },
);

test('what a ring holds has not been written over, and is the latest', () => {
  let most = 0;
  fc.assert(
    fc.property(sizesOfThings, (sizes) => {
      const ring = new Ring<{ readonly name: number; readonly room: Int32Array }>(LENGTH, MOST);
      const held: number[] = [];
      for (const [name, size] of sizes.entries()) {
        const room = ring.take(size);
        expect(room?.length ?? null).toBe(size <= LENGTH ? size : null);
        if (room === null) continue;
        ring.hold({ name, room: room.fill(name) });
        held.push(name);
        const things = ring.things.map(({ thing }) => thing);
        for (const thing of things) expect(new Set(thing.room)).toEqual(new Set([thing.name]));
        expect(things.map((thing) => thing.name)).toEqual(held.slice(-things.length));
        most = Math.max(most, things.length);
      }
    }),
    { numRuns: 500 },
  );
  expect(most).toBe(MOST);
});
