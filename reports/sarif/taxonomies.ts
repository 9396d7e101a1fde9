import { clauseMap, namedClauses, type NamedClauses } from '#report/clauses';
import type { Finding } from '#report/report';
import type { ComponentReference, Relationship, Taxon, ToolComponent } from './model.js';
import { foreign, message } from './text.js';

const NAME_LENGTH = 200;

/** The frameworks that findings are evidence toward, as taxonomies whose taxa are the clauses (SARIF 2.1.0, 3.19.3). */
export class Taxonomies {
  readonly #byFramework = new Map<string, Taxonomy>();

  /** The clauses of a rule. Taxonomies and taxa are numbered in the order in which rules name them. */
  relationships(frameworks: Finding['frameworks']): readonly Relationship[] {
    return namedClauses(frameworks).flatMap((named) => {
      const taxonomy = this.#taxonomyOf(named);
      return uniqueBy(named.clauses, ({ id }) => id).map(({ id, about }) => ({
        target: { ...taxonomy.target(id, about), toolComponent: taxonomy.reference },
        kinds: ['relevant'] as const,
      }));
    });
  }

  components(): readonly ToolComponent[] {
    return [...this.#byFramework.values()].map((taxonomy) => taxonomy.component());
  }

  references(): readonly ComponentReference[] {
    return [...this.#byFramework.values()].map(({ reference }) => reference);
  }

  #taxonomyOf(named: NamedClauses): Taxonomy {
    const known = this.#byFramework.get(named.id);
    if (known !== undefined) return known;
    const taxonomy = new Taxonomy(named, this.#byFramework.size);
    this.#byFramework.set(named.id, taxonomy);
    return taxonomy;
  }
}

class Taxonomy {
  readonly reference: ComponentReference;
  readonly #framework: NamedClauses['framework'];
  readonly #taxa = new Map<string, { readonly taxon: Taxon; readonly index: number }>();

  constructor({ id, framework }: NamedClauses, index: number) {
    this.reference = { name: foreign(framework?.short ?? id, NAME_LENGTH), index };
    this.#framework = framework;
  }

  target(clause: string, about: string | null): { readonly id: string; readonly index: number } {
    let entry = this.#taxa.get(clause);
    if (entry === undefined) {
      const described = about === null ? {} : { shortDescription: message(about, clause) };
      entry = { taxon: { id: foreign(clause, NAME_LENGTH), ...described }, index: this.#taxa.size };
      this.#taxa.set(clause, entry);
    }
    return { id: entry.taxon.id, index: entry.index };
  }

  component(): ToolComponent {
    const taxa = [...this.#taxa.values()].map(({ taxon }) => taxon);
    return { name: this.reference.name, ...this.#published(), taxa };
  }

  #published(): Partial<ToolComponent> {
    if (this.#framework === null) return {};
    const { title, version, published, source } = this.#framework;
    return {
      version,
      releaseDateUtc: published,
      informationUri: source,
      shortDescription: message(
        `${title}. Findings are evidence toward its clauses, never compliance; the map of clauses is of ${clauseMap().date}.`,
        title,
      ),
    };
  }
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
