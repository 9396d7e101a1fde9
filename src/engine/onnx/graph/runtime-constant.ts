import type { RuntimeValue } from '../session.js';
import type { Constant } from './ir.js';

/** A result of an execution as a constant; null for strings. */
export function constantOfRuntime({ type, shape, data }: RuntimeValue): Constant | null {
  if (Array.isArray(data)) return null;
  return { type, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
