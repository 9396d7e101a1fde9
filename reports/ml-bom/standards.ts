import { clauseMap, namedClauses, type NamedClauses } from '#report/clauses';
import type { Finding } from '#report/report';
import type { Standard } from './cyclonedx.js';
import { named, sentence, unlessEmpty, versioned } from './text.js';

/** The frameworks that findings name, with those of their clauses that findings name. */

export interface Framework {
  readonly title: string;
  readonly standard: Standard;
  readonly clauses: readonly Clause[];
}

export interface Clause {
  /** The bom-ref of the requirement. */
  readonly requirement: string;
  /** Indices of the findings that name it. */
  readonly findings: readonly number[];
}

interface Gathered {
  readonly framework: NamedClauses['framework'];
  /** Indices of findings, and what the clause is about, by the id of the clause. */
  readonly clauses: Map<string, GatheredClause>;
}

interface GatheredClause {
  readonly about: string | null;
  readonly findings: number[];
}

/** In the order of the clause map; clauses in the order in which findings name them. */
export function frameworksOf(findings: readonly Finding[]): Framework[] {
  const order = Object.keys(clauseMap().frameworks);
  const rank = ([id]: readonly [string, unknown]) => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...gather(findings)]
    .sort((a, b) => rank(a) - rank(b))
    .map(([id, gathered], index) => framework(id, gathered, index));
}

function gather(findings: readonly Finding[]): Map<string, Gathered> {
  const frameworks = new Map<string, Gathered>();
  for (const [index, finding] of findings.entries()) {
    for (const { id, framework, clauses } of namedClauses(finding.frameworks)) {
      const gathered: Gathered = frameworks.get(id) ?? { framework, clauses: new Map<string, GatheredClause>() };
      frameworks.set(id, gathered);
      for (const clause of clauses) {
        const known: GatheredClause = gathered.clauses.get(clause.id) ?? { about: clause.about, findings: [] };
        gathered.clauses.set(clause.id, known);
        if (known.findings.at(-1) !== index) known.findings.push(index);
      }
    }
  }
  return frameworks;
}

function framework(id: string, { framework: known, clauses }: Gathered, index: number): Framework {
  const reference = `standard-${index + 1}`;
  const requirement = (position: number) => `${reference}-requirement-${position + 1}`;
  const title = named(known?.title ?? id);
  const entries = [...clauses];
  return {
    title,
    standard: {
      'bom-ref': reference,
      name: title,
      version: known === null ? undefined : versioned(known.version),
      description:
        known === null
          ? 'A framework that a plugin names and the clause map does not know.'
          : `Published ${known.published}; clause map of ${clauseMap().date}. Only the clauses that findings name.`,
      requirements: entries.map(([identifier, { about }], position) => ({
        'bom-ref': requirement(position),
        identifier: named(identifier),
        descriptions: about === null ? undefined : [sentence(about)],
      })),
      externalReferences: unlessEmpty(
        known !== null && URL.canParse(known.source) ? [{ type: 'website', url: known.source }] : [],
      ),
    },
    clauses: entries.map(([, { findings }], position) => ({ requirement: requirement(position), findings })),
  };
}
