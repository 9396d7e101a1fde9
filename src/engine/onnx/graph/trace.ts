import type { ElementType } from './ir.js';
import { widthOf } from './element-type.js';
import { isPerSample, type Shape } from './shape.js';

/** What is known of a value after the graph was run on real inputs. */
export interface TracedValue {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** Types and shapes of every value of a graph, constants included. */
export type Trace = ReadonlyMap<string, TracedValue>;

/** How many samples may run together before the values that grow with the batch take more than `bytes`; at least one. */
export function rowsWithin(trace: Trace, bytes: number): number {
  return Math.max(1, Math.floor(bytes / Math.max(bytesPerSample(trace), 1)));
}

/** Of all values that grow with the batch. */
export function bytesPerSample(trace: Trace): number {
  let perSample = 0;
  for (const { type, shape } of trace.values()) {
    if (!shape.some(isPerSample)) continue;
    perSample += shape.reduce<number>((size, d) => size * (isPerSample(d) ? d.perSample : d), widthOf(type));
  }
  return perSample;
}
