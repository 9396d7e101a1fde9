import { AssayError } from '#base/errors';
import type { Rng } from '#stats/random';

/** Coalitions that stand for all of them: what KernelSHAP asks of a game. */
export interface KernelCoalitions {
  readonly players: number;
  /** [count, players]: 1 where a player takes part. First `pairs` times a coalition and its complement, then single ones. */
  readonly members: Uint8Array;
  readonly count: number;
  readonly pairs: number;
  /** The share of the kernel of each pair, then of each single coalition: together 1. */
  readonly weights: Float64Array;
  /** Of `weights`, the first that was drawn: those before it are of sizes that are there as a whole. */
  readonly firstDrawn: number;
}

/** The coalitions of a size and their complements. */
interface SizeClass {
  readonly size: number;
  /** A coalition and its complement count once. */
  readonly pairs: number;
  /** By the kernel, of all of them together. */
  readonly mass: number;
}

/** Coalitions for each player, below which a standard error would rest on too little. */
const LEAST_BUDGET = 4;

/** How many coalitions KernelSHAP needs: all but the empty and the full one, or some for each player. */
export function leastBudget(players: number): number {
  return Math.min(2 ** players - 2, LEAST_BUDGET * players);
}

/**
 * Takes sizes as a whole, from both ends, while as many of their coalitions would be drawn anyway, and draws from the others
 * by the kernel (M - 1) / (C(M, k) k (M - k)) of Lundberg & Lee 2017 (arXiv:1705.07874, theorem 2).
 *
 * @param budget how many coalitions, the empty and the full one not among them
 * @param paired whether each that is drawn brings its complement (Covert & Lee 2021, arXiv:2012.01536, section 4.2)
 * @throws AssayError `usage` when the budget is too small for a standard error
 */
export function kernelCoalitions(players: number, budget: number, paired: boolean, source: Rng): KernelCoalitions {
  const least = leastBudget(players);
  if (budget < least) {
    throw new AssayError('usage', {
      what: `KernelSHAP of ${players} features needs at least ${least} coalitions, and ${budget} were given`,
    });
  }
  const classes = sizeClasses(players);
  const whole = wholeClasses(classes, Math.floor(budget / 2));
  const all = classes.slice(0, whole);
  const some = classes.slice(whole);
  const listed = all.reduce((sum, { pairs }) => sum + pairs, 0);
  const left = some.length === 0 ? 0 : budget - 2 * listed;
  const drawn = paired ? Math.floor(left / 2) : left;
  const pairs = paired ? listed + drawn : listed;
  const count = 2 * pairs + (paired ? 0 : drawn);
  const members = new Uint8Array(count * players);
  all.forEach(({ size, pairs: of }, i) => list(members, 2 * pairsBefore(all, i), players, size, of));
  draw(members, 2 * listed, players, { classes: some, drawn, paired, source });
  return { players, members, count, pairs, weights: weightsOf(all, some, drawn), firstDrawn: listed };
}

function sizeClasses(players: number): SizeClass[] {
  const classes: SizeClass[] = [];
  let coalitions = 1;
  for (let size = 1; size <= players / 2; size++) {
    coalitions *= (players - size + 1) / size;
    const sides = 2 * size === players ? 1 : 2;
    classes.push({
      size,
      pairs: Math.round((coalitions * sides) / 2),
      mass: (sides * (players - 1)) / (size * (players - size)),
    });
  }
  return classes;
}

function wholeClasses(classes: readonly SizeClass[], budget: number): number {
  let left = budget;
  for (const [i, { pairs, mass }] of classes.entries()) {
    if (pairs > left * (mass / massOf(classes.slice(i)))) return i;
    left -= pairs;
  }
  return classes.length;
}

function massOf(classes: readonly SizeClass[]): number {
  return classes.reduce((sum, { mass }) => sum + mass, 0);
}

function pairsBefore(classes: readonly SizeClass[], index: number): number {
  return classes.slice(0, index).reduce((sum, { pairs }) => sum + pairs, 0);
}

function weightsOf(all: readonly SizeClass[], some: readonly SizeClass[], drawn: number): Float64Array {
  const total = massOf(all) + massOf(some);
  const listed = all.flatMap(({ pairs, mass }) => Array.from({ length: pairs }, () => mass / pairs / total));
  return Float64Array.from([...listed, ...Array.from({ length: drawn }, () => massOf(some) / drawn / total)]);
}

/** Every coalition of a size with its complement; of half of all players only those with the first one, whose complements are the others. */
function list(members: Uint8Array, row: number, players: number, size: number, pairs: number): void {
  const chosen = Int32Array.from({ length: size }, (_, i) => i);
  for (let pair = 0; pair < pairs; pair++) {
    const at = (row + 2 * pair) * players;
    for (const player of chosen) members[at + player] = 1;
    complement(members, at, players);
    advance(chosen, players);
  }
}

/** The next combination in lexicographic order. */
function advance(chosen: Int32Array, players: number): void {
  let last = chosen.length - 1;
  while (last > 0 && chosen[last] === players - chosen.length + last) last--;
  let next = (chosen[last] ?? 0) + 1;
  for (let i = last; i < chosen.length; i++) chosen[i] = next++;
}

/** Writes the complement of the coalition at `at` behind it. */
function complement(members: Uint8Array, at: number, players: number): void {
  for (let i = at; i < at + players; i++) members[i + players] = 1 - (members[i] ?? 0);
}

interface Draws {
  readonly classes: readonly SizeClass[];
  readonly drawn: number;
  readonly paired: boolean;
  readonly source: Rng;
}

/** A size by its mass, then a coalition of that size or, with equal chances, its complement. */
function draw(members: Uint8Array, row: number, players: number, { classes, drawn, paired, source }: Draws): void {
  const order = Int32Array.from({ length: players }, (_, i) => i);
  const total = massOf(classes);
  for (let i = 0; i < drawn; i++) {
    const at = (row + (paired ? 2 * i : i)) * players;
    const size = sizeAt(classes, source.uniform() * total);
    const inside = source.uniform() < 0.5 ? 1 : 0;
    members.fill(1 - inside, at, at + players);
    for (let j = 0; j < size; j++) {
      const other = j + source.integer(players - j);
      const player = order[other] ?? 0;
      order[other] = order[j] ?? 0;
      order[j] = player;
      members[at + player] = inside;
    }
    if (paired) complement(members, at, players);
  }
}

function sizeAt(classes: readonly SizeClass[], mass: number): number {
  let left = mass;
  for (const each of classes) {
    left -= each.mass;
    if (left < 0) return each.size;
  }
  return classes.at(-1)?.size ?? 1;
}
