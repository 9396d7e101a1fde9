/** The models inside the npm package nsfwjs, which are not ours to pass on. */
import type { ModelBytes } from '../src/engine/contract.js';

type Unpack = (name: string) => ReadonlyMap<string, Uint8Array> | null;
const { unpackNsfwjs } = jest.requireActual<{ readonly unpackNsfwjs: Unpack }>('../fixtures/make/unpack_nsfwjs.cjs');

/** `model.json` and its shards, after their digest was checked. Throws where the package is not installed. */
export function nsfwjsModel(name: 'mobilenet_v2' | 'mobilenet_v2_mid' | 'inception_v3'): ModelBytes {
  const files = unpackNsfwjs(name);
  if (files === null) throw new Error('nsfwjs is a dev dependency: run `npm ci`');
  return { main: 'model.json', files };
}
