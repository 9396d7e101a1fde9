import type { Trace, TracedValue } from '../onnx/graph/trace.js';
import type { Dimension } from '../onnx/graph/shape.js';
import type { Interpreter, Values } from './interpreter.js';
import { scoped, type Value } from './value.js';

/** Types and shapes of all values by execution, as `traceGraph` of the ONNX engine finds them. */
export function traceOf(interpreter: Interpreter, executions: readonly (() => ReadonlyMap<string, Value>)[]): Trace {
  const [first, second] = executions.map((given) =>
    scoped(() => sizesOf(interpreter.run(interpreter.graph.nodes, given()))),
  );
  const found = [...(first ?? [])].map(([name, { type, shape }]): [string, TracedValue] => {
    const other = second?.get(name)?.shape ?? shape;
    return [name, { type, shape: shape.map((size, axis) => dimension(size, other[axis] ?? NaN)) }];
  });
  return new Map(found);
}

interface Sized {
  readonly type: Value['type'];
  readonly shape: readonly number[];
}

function sizesOf(values: Values): Map<string, Sized> {
  return new Map([...values].map(([name, value]) => [name, { type: value.type, shape: shapeOf(value) }]));
}

/** In the order of the graph. */
export function shapeOf({ tensor, channelsLast }: Value): number[] {
  const { shape } = tensor;
  return channelsLast ? [...shape.slice(0, 1), ...shape.slice(-1), ...shape.slice(1, -1)] : [...shape];
}

function dimension(forTwo: number, forThree: number): Dimension {
  return forTwo === forThree ? forTwo : { perSample: forThree - forTwo };
}
