import { crc32, deflateRawSync } from 'node:zlib';
import fixture from './arrays.fixture.json' with { type: 'json' };
import { readNpz } from './npz.js';
import { writeNpy } from './write-npy.js';
import { zipMembers } from './zip.js';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const X = Float32Array.from({ length: 12 }, (_, i) => i);

interface Entry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly size?: number;
  readonly crc?: number;
  readonly offset?: number;
  /** Puts the sizes into a ZIP64 extra field. */
  readonly zip64?: boolean;
}

/** A ZIP archive in which every field can be wrong. */
function zip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const stored = entry.method === 8 ? deflateRawSync(entry.content) : Buffer.from(entry.content);
    const size = entry.size ?? entry.content.length;
    const fields = (entry.zip64 ?? false) ? [0xffffffff, 0xffffffff] : [stored.length, size];
    const extra = Buffer.alloc((entry.zip64 ?? false) ? 20 : 0);
    if (extra.length > 0) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(16, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
      extra.writeBigUInt64LE(BigInt(stored.length), 12);
    }
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    locals.push(local, name, stored);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(entry.flags ?? 0, 8);
    central.writeUInt16LE(entry.method ?? 0, 10);
    central.writeUInt32LE(entry.crc ?? crc32(entry.content), 16);
    central.writeUInt32LE(fields[0] ?? 0, 20);
    central.writeUInt32LE(fields[1] ?? 0, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(entry.offset ?? at, 42);
    directory.push(central, name, extra);
    at += 30 + name.length + stored.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, list, end]);
}

const npy = writeNpy([2], Float32Array.of(1, 2));
const entry = (change: Partial<Entry> = {}): Entry => ({ name: 'x.npy', content: npy, ...change });

describe('readNpz reads', () => {
  test.each(['stored', 'compressed'] as const)("NumPy's %s archives by the member's name", (kind) => {
    const file = bytesOf(fixture.archives[kind]);
    expect(readNpz(file, 'a.npz', 'x')).toEqual({ name: 'a.npz#x', shape: [3, 4], data: X });
    expect(readNpz(file, 'a.npz', 'x.npy').data).toEqual(X);
    expect(readNpz(file, 'a.npz', 'y').data).toEqual(Float64Array.of(0, 1, 2));
  });

  test.each(['single', 'commented'] as const)('the only array of a %s archive without a name', (kind) => {
    expect(readNpz(bytesOf(fixture.archives[kind]), 'a.npz')).toEqual({ name: 'a.npz#x', shape: [3, 4], data: X });
  });

  test('archives of its own test writer, deflated and with ZIP64 sizes', () => {
    for (const change of [{}, { method: 8 }, { zip64: true }, { method: 8, zip64: true }]) {
      expect(readNpz(zip([entry(change)]), 'a.npz').data).toEqual(Float32Array.of(1, 2));
    }
  });
});

describe('readNpz refuses', () => {
  const damagedDirectory = zip([entry()]);
  damagedDirectory.writeUInt32LE(damagedDirectory.length - 5, damagedDirectory.length - 6);

  test.each([
    [
      'several arrays without a name',
      bytesOf(fixture.archives.stored),
      'a.npz: the archive holds 2 arrays: x, y. Name one behind #, as in a.npz#x.',
    ],
    [
      'more arrays than fit into a sentence',
      zip(Array.from({ length: 12 }, (_, i) => entry({ name: `a${i}.npy` }))),
      'the archive holds 12 arrays: a0, a1, a2, a3, a4, a5, a6, a7, a8, a9 and 2 more',
    ],
    ['archives without arrays', bytesOf(fixture.archives.empty), 'the archive holds no NPY array'],
    ['pickles', bytesOf(fixture.archives.pickled), 'a.npz#x: the array holds Python objects'],
    ['other compressions', bytesOf(fixture.archives.bzip2), 'a.npz#x.npy: the member is compressed by ZIP method 12'],
    ['names that occur twice', bytesOf(fixture.archives.twice), 'the archive names `x.npy` twice'],
    ['encrypted members', zip([entry({ flags: 1 })]), 'a.npz#x.npy: the member is encrypted'],
    ['control characters in names', zip([entry({ name: 'a\u001b[31m.npy' })]), 'control characters in its name'],
    ['a wrong checksum', zip([entry({ crc: 1 })]), 'the checksum does not match'],
    ['a stored size that is wrong', zip([entry({ size: 5 })]), 'the ZIP archive is damaged'],
    [
      'a declared size that is too small',
      zip([entry({ method: 8, size: 5 })]),
      'hold more than the 5 bytes that are declared',
    ],
    [
      'a declared size that is too large',
      zip([entry({ method: 8, size: 500 })]),
      `hold ${npy.length} bytes where 500 are declared`,
    ],
    [
      'members beyond memory',
      zip([entry({ method: 8, size: 2 ** 40, zip64: true })]),
      'the member declares 1099511627776 bytes',
    ],
    ['members outside the file', zip([entry({ offset: 10_000 })]), 'the ZIP archive is damaged'],
    ['members that are no members', zip([entry({ offset: 1 })]), 'the ZIP archive is damaged'],
    ['a directory outside the file', damagedDirectory, 'the ZIP archive is damaged'],
    ['a file that is cut off', zip([entry()]).subarray(0, -10), 'this is not a whole ZIP archive'],
    ['a file that is too short', Buffer.from('PK\x03\x04'), 'this is not a whole ZIP archive'],
    ['split archives', split(), 'the archive is split over several files'],
    ['archives with more than 65,534 members', many(), 'more than 65,534 members'],
  ])('%s', (_, file, sentence) => {
    expect(() => readNpz(file, 'a.npz')).toThrow(sentence);
  });

  test('a name that is not there, with those that are', () => {
    expect(() => readNpz(bytesOf(fixture.archives.stored), 'a.npz', 'z')).toThrow(
      'a.npz: there is no array `z` in it. It holds x, y.',
    );
  });

  test('a bomb, without filling the memory', () => {
    const bomb = zip([entry({ content: new Uint8Array(200_000_000), method: 8, size: 1000 })]);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readNpz(bomb, 'a.npz')).toThrow('hold more than the 1000 bytes that are declared');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  test('every file with one byte changed, or reads it; it never fails in another way', () => {
    const file = bytesOf(fixture.archives.single);
    for (let at = 0; at < file.length; at++) {
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      try {
        readNpz(changed, 'a.npz');
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'AssayError', code: 'data' });
      }
    }
  });
});

test('zipMembers lists what the directory declares', () => {
  const [member] = zipMembers(zip([entry({ method: 8 })]), 'a.npz');
  expect(member).toMatchObject({ name: 'x.npy', method: 8, size: npy.length, encrypted: false, offset: 0 });
});

function split(): Buffer {
  const file = zip([entry()]);
  file.writeUInt16LE(1, file.length - 22 + 4);
  return file;
}

function many(): Buffer {
  const file = zip([entry()]);
  file.writeUInt16LE(0xffff, file.length - 22 + 8);
  file.writeUInt16LE(0xffff, file.length - 22 + 10);
  return file;
}
