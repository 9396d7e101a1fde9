/** Rows of which some are equal, and how to come back from the different ones. */
export interface DistinctRows {
  /** Where each different row first stands, ascending. */
  readonly first: Int32Array;
  /** Of each row, the place in `first` of the one that equals it. */
  readonly group: Int32Array;
}

/** @param rows [count, width] */
export function distinctRows(rows: Uint8Array, count: number, width: number): DistinctRows {
  const group = new Int32Array(count);
  const first = new Int32Array(count);
  // Open addressing, at most half full.
  const slots = 2 ** Math.ceil(Math.log2(2 * count + 2));
  const table = new Int32Array(slots).fill(-1);
  let found = 0;
  for (let row = 0; row < count; row++) {
    let slot = hashOf(rows, row * width, width) & (slots - 1);
    let at = table[slot] ?? -1;
    while (at >= 0 && !areEqual(rows, (first[at] ?? 0) * width, row * width, width)) {
      slot = (slot + 1) & (slots - 1);
      at = table[slot] ?? -1;
    }
    if (at < 0) {
      at = found++;
      first[at] = row;
      table[slot] = at;
    }
    group[row] = at;
  }
  return { first: first.slice(0, found), group };
}

/** FNV-1a, whose high bits are mixed into the low ones that choose a slot. */
function hashOf(rows: Uint8Array, start: number, width: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + width; i++) hash = Math.imul(hash ^ (rows[i] ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 8;
}

function areEqual(rows: Uint8Array, a: number, b: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (rows[a + i] !== rows[b + i]) return false;
  return true;
}
