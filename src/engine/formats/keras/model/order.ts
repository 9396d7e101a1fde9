import type { ArgumentPlan, CallPlan, LayerPlan, NetworkPlan, Reference } from './plan.js';

/** One use of a layer. */
export interface Step {
  readonly layer: LayerPlan;
  readonly call: CallPlan;
  /** Which of the layer's calls it is. */
  readonly index: number;
}

/** A call of a layer, as a key. */
export function keyOf({ layer, call }: Pick<Reference, 'layer' | 'call'>): string {
  return `${call} ${layer}`;
}

/**
 * The calls of a network, each behind those that feed it.
 *
 * @param given keys of what is there from the start
 * @param fail with a layer that is fed by itself, or by nothing
 */
export function inOrder(
  plan: NetworkPlan,
  given: ReadonlySet<string>,
  fail: (layer: string, what: string) => never,
): Step[] {
  const steps = new Map<string, Step>();
  for (const layer of plan.layers) {
    layer.calls.forEach((call, index) => {
      const key = keyOf({ layer: layer.name, call: layer.firstCall + index });
      if (steps.has(key)) fail(layer.name, 'has the name of another layer');
      if (!given.has(key)) steps.set(key, { layer, call, index });
    });
  }
  return sorted(steps, given, fail);
}

/** Kahn 1962, in the order of the file where that leaves a choice. */
function sorted(
  steps: ReadonlyMap<string, Step>,
  given: ReadonlySet<string>,
  fail: (layer: string, what: string) => never,
): Step[] {
  const readers = new Map<string, string[]>();
  const missing = new Map<string, number>();
  for (const [key, { layer, call }] of steps) {
    const sources = new Set(referencesOf(call).map(keyOf));
    const waited = [...sources].filter((source) => !given.has(source));
    missing.set(key, waited.length);
    for (const source of waited) {
      if (!steps.has(source)) fail(layer.name, 'is fed by a layer that is not there');
      readers.set(source, [...(readers.get(source) ?? []), key]);
    }
  }
  const order = [...missing].filter(([, count]) => count === 0).map(([key]) => key);
  for (const key of order) {
    for (const reader of readers.get(key) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) order.push(reader);
    }
  }
  const stuck = [...missing].find(([, count]) => count > 0);
  if (stuck !== undefined) fail(steps.get(stuck[0])?.layer.name ?? '', 'is fed by itself in a circle');
  return order.flatMap((key) => steps.get(key) ?? []);
}

export function referencesOf(call: CallPlan): Reference[] {
  const of = (argument: ArgumentPlan): Reference[] => {
    if (argument.kind === 'tensor') return [argument.from];
    return argument.kind === 'list' ? argument.items.flatMap(of) : [];
  };
  return [...call.args, ...call.kwargs.values()].flatMap(of);
}
