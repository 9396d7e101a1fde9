import type { ElementType } from './ir.js';
import type { Shape } from './shape.js';

/** What is known of a value after the graph was run on real inputs. */
export interface TracedValue {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** Types and shapes of every value of a graph, constants included. */
export type Trace = ReadonlyMap<string, TracedValue>;
