import { zerosLike } from '../scatter.js';
import type { Activated } from './activations.js';
import type { Direction } from './direction.js';

/** What an LSTM computes inside of itself, [steps x batch, hidden] each. */
export interface LstmStates extends Gates, Cells {
  readonly o: Activated;
  readonly g: Activated;
  /** h(c') */
  readonly shown: Activated;
  /** Of i, o and f, [hidden] each. */
  readonly peepholes: readonly string[] | null;
}

interface Gates {
  readonly i: Activated;
  /** Null where it is 1 - i. */
  readonly f: Activated | null;
}

/** The cell in front of each step and behind it. */
interface Cells {
  readonly before: string;
  readonly after: string;
}

export function lstmStates(direction: Direction): LstmStates {
  const peepholes = direction.peepholes();
  const [zi = '', zo = '', zf = '', zg = ''] = direction.gates(direction.arguments(), 4);
  const g = direction.activated(1, zg);
  const [pi = '', po = '', pf = ''] = peepholes ?? [];
  const own =
    peepholes === null
      ? blindStates(direction, { i: zi, f: zf, g: g.value })
      : peepingStates(direction, { i: zi, f: zf, g: g.value }, { i: pi, f: pf });
  const o = direction.activated(0, peepholes === null ? zo : seeing(direction, zo, po, own.after));
  return { ...own, o, g, shown: direction.activated(2, own.after, null), peepholes };
}

/** The arguments of the gates, without what peepholes add, and the candidate. */
type Arguments = Readonly<Record<'i' | 'f' | 'g', string>>;

/** Without peepholes all gates are open before the first cell is known. */
function blindStates(direction: Direction, z: Arguments): Gates & Cells {
  const { builder } = direction.context;
  const gates = opened(direction, z.i, z.f);
  const kept = direction.split(forget(direction, gates));
  const written = direction.split(builder.node('Mul', [gates.i.value, z.g]));
  const next = (cell: string, t: number): string =>
    builder.node('Add', [builder.node('Mul', [kept[t] ?? '', cell]), written[t] ?? '']);
  return { ...gates, ...cellsOf(direction, z.g, next) };
}

/** With peepholes each step has to be taken before the gates of the next open. */
function peepingStates(
  direction: Direction,
  z: Arguments,
  peepholes: Readonly<Record<'i' | 'f', string>>,
): Gates & Cells {
  const { builder } = direction.context;
  const [i, f, g] = [direction.split(z.i), direction.split(z.f), direction.split(z.g)];
  const openedBy = (ofI: string, ofF: string, cell: string): Gates =>
    opened(direction, seeing(direction, ofI, peepholes.i, cell), seeing(direction, ofF, peepholes.f, cell));
  const cells = cellsOf(direction, z.g, (cell, t) => {
    const gates = openedBy(i[t] ?? '', f[t] ?? '', cell);
    const kept = builder.node('Mul', [forget(direction, gates), cell]);
    return builder.node('Add', [kept, builder.node('Mul', [gates.i.value, g[t] ?? ''])]);
  });
  return { ...openedBy(z.i, z.f, cells.before), ...cells };
}

/** The cells of all steps from the first on; behind the end of its sequence a cell stays what it was. */
function cellsOf(direction: Direction, like: string, next: (cell: string, t: number) => string): Cells {
  const { builder } = direction.context;
  const inside = direction.inside === null ? null : direction.split(direction.inside);
  const cells = [direction.optional(6) ?? zerosLike(direction.context, direction.split(like)[0] ?? '')];
  for (let t = 0; t < direction.steps; t++) {
    const cell = cells[t] ?? '';
    const following = next(cell, t);
    const change = inside && builder.node('Mul', [builder.node('Sub', [following, cell]), inside[t] ?? '']);
    cells.push(change === null ? following : builder.node('Add', [cell, change]));
  }
  return { before: direction.join(cells.slice(0, -1)), after: direction.join(cells.slice(1)) };
}

function opened(direction: Direction, zi: string, zf: string): Gates {
  const isCoupled = direction.context.int('input_forget', 0) !== 0;
  return { i: direction.activated(0, zi), f: isCoupled ? null : direction.activated(0, zf) };
}

function forget({ context }: Direction, { i, f }: Gates): string {
  return f?.value ?? context.builder.node('Sub', [context.scalar(1), i.value]);
}

function seeing({ context }: Direction, z: string, peephole: string, cell: string): string {
  return context.builder.node('Add', [z, context.builder.node('Mul', [peephole, cell])]);
}
