import { AssayError, type AssayErrorCode } from '#base/errors';
import { escapeControls } from './wording/show.js';

/** The way from the root of a file to a value in it: keys of objects and indices of lists. */
export type Path = readonly (string | number)[];

/** Both count from 1; columns count UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where each entry of a file begins, by {@link positionKey}: a member at its key, an item at its value. */
export type Positions = ReadonlyMap<string, Position>;

/** Where a value that is being checked came from, for messages. */
export interface Place {
  /** The code of the errors: `config`, `policy`, ... */
  readonly code: AssayErrorCode;
  /** The file as messages name it. */
  readonly file: string;
  /** Where the checked value lies in the file. */
  readonly path: Path;
  /** Absent where the file is code. */
  readonly positions?: Positions | undefined;
}

/** One thing that is wrong with a file. `path` begins at the root of the file. */
export interface Problem {
  readonly path: Path;
  /** One clause that names the path and the value. */
  readonly what: string;
  readonly mend?: string;
}

const SHOWN_PROBLEMS = 3;
const LONGEST_KEY = 60;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export function positionKey(path: Path): string {
  return JSON.stringify(path);
}

/** A path as JavaScript would write it: `audits["evasion/pgd"].epsilons[1]`. */
export function formatPath(path: Path): string {
  return path.map((segment, depth) => formatSegment(segment, depth === 0)).join('');
}

/** A path as the subject of a sentence. */
export function nameOf(path: Path): string {
  return path.length === 0 ? 'the file' : `\`${formatPath(path)}\``;
}

/** The place next to `place` that lies further in by `path`. */
export function inside(place: Place, ...path: Path): Place {
  return { ...place, path: [...place.path, ...path] };
}

/** `file:line:column` of an entry, or of the closest entry around it that is in the file. */
export function whereIs(place: Place, path: Path): string {
  const position = positionAt(place.positions, path);
  return position === undefined ? place.file : `${place.file}:${position.line}:${position.column}`;
}

/** Throws one error with the first three problems, in the order of the file, and the count of the rest. */
export function failWith(problems: readonly Problem[], place: Place): never {
  const ordered = inFileOrder(withoutRepeats(problems), place.positions);
  const [first, ...others] = ordered;
  if (first === undefined) throw new Error('there is no problem to fail with');
  const shown = others.slice(0, SHOWN_PROBLEMS - 1).map((problem) => sentenceOf(problem, place));
  const hidden = ordered.length - SHOWN_PROBLEMS;
  const count = hidden > 0 ? [`There ${hidden === 1 ? 'is 1 more error' : `are ${hidden} more errors`}.`] : [];
  const mend = [...(first.mend === undefined ? [] : [first.mend]), ...shown, ...count].join(' ');
  throw new AssayError(place.code, {
    where: whereIs(place, first.path),
    what: first.what,
    ...(mend === '' ? {} : { mend }),
  });
}

function formatSegment(segment: string | number, first: boolean): string {
  if (typeof segment === 'number') return `[${segment}]`;
  const key = segment.length > LONGEST_KEY ? `${segment.slice(0, LONGEST_KEY - 3)}...` : segment;
  if (!IDENTIFIER.test(key)) return `[${escapeControls(JSON.stringify(key))}]`;
  return first ? key : `.${key}`;
}

/** Where an entry begins, or the closest entry around it that is in the file. */
export function positionAt(positions: Positions | undefined, path: Path): Position | undefined {
  if (positions === undefined) return undefined;
  for (let length = path.length; length >= 0; length--) {
    const position = positions.get(positionKey(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return undefined;
}

function sentenceOf(problem: Problem, place: Place): string {
  const mend = problem.mend === undefined ? '' : ` ${problem.mend}`;
  return `${whereIs(place, problem.path)}: ${problem.what}.${mend}`;
}

function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map<string, Problem>();
  for (const problem of problems) if (!byText.has(problem.what)) byText.set(problem.what, problem);
  return [...byText.values()];
}

function inFileOrder(problems: readonly Problem[], positions: Positions | undefined): readonly Problem[] {
  const ranked = problems.map((problem) => ({ problem, position: positionAt(positions, problem.path) }));
  ranked.sort((a, b) => compare(a.position, b.position));
  return ranked.map(({ problem }) => problem);
}

function compare(a: Position | undefined, b: Position | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return a.line - b.line || a.column - b.column;
}
