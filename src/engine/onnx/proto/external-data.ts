import type { ModelBytes } from '../../contract.js';
import { decodeIn, malformed } from './malformed.js';
import type { TensorProto } from './schema.js';
import { StringStringEntryProto, type MessageOf } from './schema.js';

type Tensor = MessageOf<typeof TensorProto>;

/** Where the data of a tensor lie: a file beside the model, and the place in it. */
export interface Placement {
  readonly location: string;
  readonly offset: number;
}

/** TensorProto.DataLocation.EXTERNAL */
const EXTERNAL = 1;

export function isExternal(tensor: Tensor): boolean {
  return tensor.dataLocation === EXTERNAL;
}

/** The fields of a TensorProto whose data lie elsewhere. */
export function externalFields({ location, offset }: Placement, length: number) {
  const entries = Object.entries({ location, offset: String(offset), length: String(length) });
  return {
    dataLocation: EXTERNAL,
    externalData: entries.map(([key, value]) => StringStringEntryProto.encode({ key, value })),
  };
}

/** The bytes of a tensor that lie in another file, which is found in `model.files` under its location. */
export function externalBytes(model: ModelBytes, tensor: Tensor, label: string): Uint8Array {
  const entries = externalEntries(model, tensor, label);
  const location = externalLocation(model, tensor, label);
  const file = model.files.get(location);
  if (file === undefined) throw malformed(model, `${label} keeps its data in \`${location}\`, which is not there`);
  const offset = byteCount(model, entries.get('offset'), 0, label);
  const length = byteCount(model, entries.get('length'), Math.max(file.length - offset, 0), label);
  if (offset + length > file.length) {
    throw malformed(
      model,
      `${label} reads bytes ${offset} to ${offset + length} of \`${location}\`, which has ${file.length}`,
    );
  }
  return file.subarray(offset, offset + length);
}

/** Where a tensor's data lie: a path relative to the model's folder, as the file has it and unchecked. */
export function externalLocation(model: ModelBytes, tensor: Tensor, label: string): string {
  const location = externalEntries(model, tensor, label).get('location') ?? '';
  if (location === '') throw malformed(model, `${label} keeps its data in another file, but does not name it`);
  return location;
}

function externalEntries(model: ModelBytes, tensor: Tensor, label: string): Map<string, string> {
  return new Map(
    tensor.externalData.map((bytes) => {
      const { key, value } = decodeIn(model, StringStringEntryProto, bytes, label);
      return [key, value] as const;
    }),
  );
}

function byteCount(model: ModelBytes, text: string | undefined, missing: number, label: string): number {
  if (text === undefined) return missing;
  if (!/^\d{1,15}$/.test(text)) throw malformed(model, `${label} has \`${text}\` as offset or length of its data`);
  return Number(text);
}
