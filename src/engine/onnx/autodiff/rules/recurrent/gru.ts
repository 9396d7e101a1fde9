import type { Direction } from './direction.js';
import { recurrentRule, type ThroughTime } from './layer.js';
import { walkBack } from './walk.js';

/**
 * h' = (1 - z) g + z h, with the gates z, r and the candidate g in ONNX's order. The reset gate r acts on the state in
 * front of its product with the recurrent weights or, with linear_before_reset, behind it.
 */
export const gru = recurrentRule(['Sigmoid', 'Tanh'], (direction) =>
  direction.context.int('linear_before_reset', 0) === 0 ? resetFirst(direction) : resetLast(direction),
);

/** The argument of g is x W' + (r h) R' + b. */
function resetFirst(direction: Direction): ThroughTime {
  const { builder } = direction.context;
  const { before } = direction;
  const [gatesR, candidateR] = parted(direction, direction.r, 0);
  const [xGates, xCandidate] = parted(direction, direction.affine(direction.x, direction.w, direction.bias()), 1);
  const gates = direction.activated(0, direction.affine(before, gatesR, xGates));
  const [z = '', r = ''] = direction.gates(gates.value, 2);
  const reset = builder.node('Mul', [r, before]);
  const g = direction.activated(1, direction.affine(reset, candidateR, xCandidate));
  const heard = builder.node('Concat', [builder.node('Sub', [before, g.value]), before], { axis: 1 });
  const byGates = direction.split(direction.onlyInside(builder.node('Mul', [heard, gates.slope()])));
  const byCandidate = direction.split(candidateFactor(direction, z, g.slope()));
  const [kept, resets] = [direction.split(direction.onlyInside(z)), direction.split(r)];
  const gateSteps: string[] = [];
  const candidateSteps: string[] = [];
  const initialState = walkBack(direction, (gradient, t, rest) => {
    const candidate = builder.node('Mul', [gradient, byCandidate[t] ?? '']);
    const byReset = direction.back(candidate, candidateR, null);
    const both = builder.node('Concat', [gradient, byReset], { axis: 1 });
    const step = builder.node('Mul', [both, byGates[t] ?? '']);
    candidateSteps[t] = candidate;
    gateSteps[t] = step;
    const past = builder.node('Mul', [gradient, kept[t] ?? '']);
    const throughReset = builder.node('Mul', [byReset, resets[t] ?? '']);
    return direction.back(step, gatesR, direction.sum(past, throughReset, rest));
  });
  const [allGates, allCandidates] = [direction.join(gateSteps), direction.join(candidateSteps)];
  const all = builder.node('Concat', [allGates, allCandidates], { axis: 1 });
  const byR = (): string =>
    builder.node('Concat', [direction.outer(allGates, before), direction.outer(allCandidates, reset)], { axis: 0 });
  return { byInput: all, byState: all, r: byR, initialState };
}

/** The argument of g is x W' + b + r (h R' + b'). */
function resetLast(direction: Direction): ThroughTime {
  const { builder } = direction.context;
  const { before } = direction;
  const [inputBias, stateBias] = direction.biases() ?? [null, null];
  const [xGates, xCandidate] = parted(direction, direction.affine(direction.x, direction.w, inputBias), 1);
  const [hGates, hCandidate] = parted(direction, direction.affine(before, direction.r, stateBias), 1);
  const gates = direction.activated(0, builder.node('Add', [xGates, hGates]));
  const [z = '', r = ''] = direction.gates(gates.value, 2);
  const g = direction.activated(1, builder.node('Add', [xCandidate, builder.node('Mul', [r, hCandidate])]));
  const byCandidate = candidateFactor(direction, z, g.slope());
  const heard = [builder.node('Sub', [before, g.value]), builder.node('Mul', [byCandidate, hCandidate])];
  const byGates = builder.node('Mul', [builder.node('Concat', heard, { axis: 1 }), gates.slope()]);
  const byProduct = builder.node('Mul', [byCandidate, r]);
  const factors = direction.split(builder.node('Concat', [direction.onlyInside(byGates), byProduct], { axis: 1 }));
  const kept = direction.split(direction.onlyInside(z));
  const steps: string[] = [];
  const totals: string[] = [];
  const initialState = walkBack(direction, (gradient, t, rest) => {
    const step = builder.node('Mul', [
      builder.node('Concat', [gradient, gradient, gradient], { axis: 1 }),
      factors[t] ?? '',
    ]);
    steps[t] = step;
    totals[t] = gradient;
    return direction.back(step, direction.r, direction.sum(builder.node('Mul', [gradient, kept[t] ?? '']), rest));
  });
  const byState = direction.join(steps);
  const candidates = builder.node('Mul', [direction.join(totals), byCandidate]);
  return {
    byInput: builder.node('Concat', [parted(direction, byState, 1)[0], candidates], { axis: 1 }),
    byState,
    r: () => direction.outer(byState, before),
    initialState,
  };
}

/** From h' to the argument of g. */
function candidateFactor(direction: Direction, z: string, slope: string): string {
  const { builder } = direction.context;
  const open = builder.node('Sub', [direction.context.scalar(1), z]);
  return direction.onlyInside(builder.node('Mul', [open, slope]));
}

/** What belongs to both gates and what belongs to the candidate. */
function parted({ context, hidden }: Direction, value: string, axis: number): readonly [string, string] {
  const sizes = context.builder.integers([2 * hidden, hidden]);
  const [gates = '', candidate = ''] = context.builder.nodes('Split', [value, sizes], 2, { axis });
  return [gates, candidate];
}
