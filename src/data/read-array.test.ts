import { gzipSync, zipSync } from 'fflate';
import { parseArrayPath, readArray } from './read-array.js';
import { writeNpy } from './write-npy.js';

const npy = writeNpy([2], Uint8Array.of(1, 2));
const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 2);

describe('readArray tells the format by content', () => {
  test.each([
    ['NPY', npy],
    ['IDX', idx],
    ['gzipped IDX', gzipSync(idx)],
    ['NPZ', zipSync({ 'x.npy': npy })],
  ])('%s', (_, bytes) => {
    const { shape, data } = readArray(bytes, 'file.dat');
    expect({ shape, data }).toEqual({ shape: [2], data: Uint8Array.of(1, 2) });
  });

  test.each([
    ['pickles', Uint8Array.of(0x80, 4, 0x95), 'this is a Python pickle, which is code and is never run'],
    ['anything else', Buffer.from('1,2,3'), 'the format is not known'],
    [
      'archives of other things',
      zipSync({ 'archive/data.pkl': Uint8Array.of(0x80, 2) }),
      'the archive holds no NPY array',
    ],
  ])('and refuses %s', (_, bytes, sentence) => {
    expect(() => readArray(bytes, 'file.dat')).toThrow(`file.dat: ${sentence}`);
  });

  test('and refuses a member of what is no archive', () => {
    expect(() => readArray(npy, 'x.npz', 'x')).toThrow('x.npz: `x` is asked for, but the file is not an NPZ archive');
  });
});

test.each([
  ['/data/x.npy', '/data/x.npy', undefined],
  ['/data/x.npz', '/data/x.npz', undefined],
  ['/data/x.npz#x_test', '/data/x.npz', 'x_test'],
  ['/data/X.NPZ#a#b', '/data/X.NPZ', 'a#b'],
  ['/c#/x.npy', '/c#/x.npy', undefined],
  ['/c#/x.npz#y', '/c#/x.npz', 'y'],
])('parseArrayPath(%s)', (path, file, member) => {
  expect(parseArrayPath(path)).toEqual({ file, member });
});
