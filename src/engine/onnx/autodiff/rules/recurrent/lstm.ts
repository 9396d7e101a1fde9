import type { Direction } from './direction.js';
import { recurrentRule } from './layer.js';
import { lstmStates, type LstmStates } from './lstm-states.js';
import { walkBack } from './walk.js';

/**
 * c' = f c + i g and h' = o h(c'), with the gates i, o, f and the candidate g in ONNX's order. Peepholes, on demand, let
 * i and f see c, and o see c'.
 */
export const lstm = recurrentRule(['Sigmoid', 'Tanh', 'Tanh'], (direction) => {
  const { builder } = direction.context;
  const states = lstmStates(direction);
  const { byArguments, byCell, kept } = factorsOf(direction, states);
  const steps: string[] = [];
  let carried = direction.lastGradient(2);
  const initialState = walkBack(direction, (gradient, t, rest) => {
    const cell = direction.sum(carried, builder.node('Mul', [gradient, byCell[t] ?? ''])) ?? '';
    const each = builder.node('Concat', [cell, gradient, cell, cell], { axis: 1 });
    const step = builder.node('Mul', [each, byArguments[t] ?? '']);
    steps[t] = step;
    carried = builder.node('Mul', [cell, kept[t] ?? '']);
    return direction.back(step, direction.r, rest);
  });
  const all = direction.join(steps);
  return {
    byInput: all,
    byState: all,
    r: () => direction.outer(all, direction.before),
    peepholes: () => byPeepholes(direction, all, states),
    initialState,
    initialCell: carried ?? undefined,
  };
});

/** What the gradients of h' and c' are multiplied by on the way back, step by step. */
interface Factors {
  /** Of the arguments of i, o, f and g: o hears of h', the others of c'. */
  readonly byArguments: readonly string[];
  /** From h' to c'. */
  readonly byCell: readonly string[];
  /** From c' to c. */
  readonly kept: readonly string[];
}

function factorsOf(direction: Direction, states: LstmStates): Factors {
  const { builder } = direction.context;
  const { i, o, f, g, before, shown, peepholes } = states;
  const times = (a: string, b: string): string => builder.node('Mul', [a, b]);
  // Where f = 1 - i, more input is less memory, and f has no argument of its own.
  const written = f === null ? builder.node('Sub', [g.value, before]) : g.value;
  const byI = times(written, i.slope());
  const byO = times(shown.value, o.slope());
  const byF = f === null ? times(before, direction.context.scalar(0)) : times(before, f.slope());
  const byG = times(i.value, g.slope());
  const kept = f?.value ?? builder.node('Sub', [direction.context.scalar(1), i.value]);
  const byCell = times(o.value, shown.slope());
  const [pi, po, pf] = peepholes?.map((peephole) => (by: string) => times(peephole, by)) ?? [];
  return {
    byArguments: direction.split(direction.onlyInside(builder.node('Concat', [byI, byO, byF, byG], { axis: 1 }))),
    byCell: direction.split(direction.onlyInside(direction.sum(byCell, po?.(byO) ?? null) ?? byCell)),
    kept: direction.split(direction.oneOutside(direction.sum(kept, pi?.(byI) ?? null, pf?.(byF) ?? null) ?? kept)),
  };
}

/** The gates' gradients times the cells that the gates see. */
function byPeepholes(direction: Direction, byArguments: string, { before, after }: LstmStates): string {
  const { builder } = direction.context;
  const seeing = direction.gates(byArguments, 4).slice(0, 3);
  const products = [before, after, before].map((cell, i) => builder.node('Mul', [seeing[i] ?? '', cell]));
  const sums = products.map((product) => builder.reduceSum(product, [0], false));
  return builder.node('Concat', sums, { axis: 0 });
}
