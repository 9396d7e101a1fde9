import { readFileSync } from 'node:fs';
import { packageFile } from '#base/package-root';

/** What the clause ids of findings mean: one dated data file, `resources/clauses.json`. Evidence toward, never compliance. */

export interface ClauseMap {
  /** The day on which the file was last held against its sources, YYYY-MM-DD. */
  readonly date: string;
  /** By id, in the order in which reports list them. */
  readonly frameworks: Readonly<Record<string, Framework>>;
}

export interface Framework {
  /** As it is cited: `Regulation (EU) 2024/1689 (Artificial Intelligence Act)`. */
  readonly title: string;
  /** As a column or a line names it: `EU AI Act`. */
  readonly short: string;
  /** What precedes the ids that begin with a number, such as `Article`; empty where every id stands alone. */
  readonly unit: string;
  readonly version: string;
  /** YYYY-MM-DD, of that version. */
  readonly published: string;
  /** Where it is read. */
  readonly source: string;
  /** By id: in a few words of our own what the clause is about. */
  readonly clauses: Readonly<Record<string, string>>;
}

let known: ClauseMap | undefined;

/** Frozen: all reporters of a process share it. */
export function clauseMap(): ClauseMap {
  return (known ??= JSON.parse(readFileSync(packageFile('resources/clauses.json'), 'utf8'), frozen) as ClauseMap);
}

function frozen(_key: string, value: unknown): unknown {
  return Object.freeze(value);
}

/** A clause as a sentence cites it: `Article 15(5)`, but `Annex IV(2)(g)` and `ML01`, which bring their own word. */
export function clauseName(framework: Framework | null, id: string): string {
  return framework !== null && framework.unit !== '' && /^\d/.test(id) ? `${framework.unit} ${id}` : id;
}

/** The clauses of a finding, by framework, in the order of the map. What the map does not know keeps its id. */
export interface NamedClauses {
  readonly id: string;
  /** Null where the framework is a plugin's own. */
  readonly framework: Framework | null;
  /** `about` is null where the map does not know the clause. */
  readonly clauses: readonly { readonly id: string; readonly about: string | null }[];
}

export function namedClauses(frameworks: Readonly<Record<string, readonly string[]>>): NamedClauses[] {
  const map = clauseMap();
  const order = Object.keys(map.frameworks);
  const rank = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  return Object.entries(frameworks)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([id, ids]) => {
      const framework = Object.hasOwn(map.frameworks, id) ? (map.frameworks[id] ?? null) : null;
      const about = (clause: string) =>
        framework !== null && Object.hasOwn(framework.clauses, clause) ? (framework.clauses[clause] ?? null) : null;
      return { id, framework, clauses: ids.map((clause) => ({ id: clause, about: about(clause) })) };
    });
}

/** One line a framework: `EU AI Act: Article 15(4) (robustness); Article 15(5) (cybersecurity)`. */
export function clauseLines(frameworks: Readonly<Record<string, readonly string[]>>): string[] {
  return namedClauses(frameworks).map(({ id, framework, clauses }) => {
    const named = clauses.map((clause) => {
      const name = clauseName(framework, clause.id);
      return clause.about === null ? name : `${name} (${clause.about})`;
    });
    return `${framework?.short ?? id}: ${named.join('; ')}`;
  });
}
