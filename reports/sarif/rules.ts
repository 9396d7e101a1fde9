import { namedClauses } from '#report/clauses';
import type { Finding, Severity } from '#report/report';
import { escaped as markdown } from '../markdown/escape.js';
import type { ComponentReference, Level, Rule, ToolComponent } from './model.js';
import { Taxonomies } from './taxonomies.js';
import { doubled, foreign, message } from './text.js';

const ID_LENGTH = 500;
const NAME_LENGTH = 128;
const TAG_LENGTH = 100;
const HELP_LENGTH = 4000;
/** As many as GitHub reads of one rule. */
const MOST_TAGS = 20;

/** A failed audit by its severity. */
export const LEVELS: Readonly<Record<Severity, Level>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
};

/** In the middle of the ranges that GitHub reads from the number: critical from 9.0, high from 7.0, medium from 4.0. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.5',
};

/** What the gate says apart from any audit. */
const GATE_RULE: Rule = {
  id: 'gate',
  name: 'GateRule',
  shortDescription: { text: 'The gate does not pass' },
  fullDescription: {
    text: 'A rule of the gate that belongs to no audit does not hold: a check of the model, or that nothing was audited.',
  },
  defaultConfiguration: { level: 'error' },
  properties: { severity: 'critical', 'security-severity': SECURITY_SEVERITY.critical, tags: ['security', 'gate'] },
};

/** Where a result finds its rule. */
export interface RuleReference {
  readonly ruleId: string;
  readonly ruleIndex: number;
}

/** One rule for each plugin with a finding, described by the first finding of it that is asked for. */
export class Rules {
  readonly #rules: Rule[] = [];
  readonly #references = new Map<string, RuleReference>();
  readonly #taxonomies = new Taxonomies();

  of(finding: Finding): RuleReference {
    return this.#reference(`audit ${finding.audit}`, () => ruleOf(finding, this.#taxonomies));
  }

  gate(): RuleReference {
    return this.#reference('gate', () => GATE_RULE);
  }

  list(): readonly Rule[] {
    return this.#rules;
  }

  taxonomies(): readonly ToolComponent[] {
    return this.#taxonomies.components();
  }

  supportedTaxonomies(): readonly ComponentReference[] {
    return this.#taxonomies.references();
  }

  #reference(key: string, rule: () => Rule): RuleReference {
    const known = this.#references.get(key);
    if (known !== undefined) return known;
    const added = rule();
    const reference = { ruleId: added.id, ruleIndex: this.#rules.length };
    this.#rules.push(added);
    this.#references.set(key, reference);
    return reference;
  }
}

function ruleOf(finding: Finding, taxonomies: Taxonomies): Rule {
  const { audit, severity, title, description } = finding;
  const name = pascalCase(audit);
  const relationships = taxonomies.relationships(finding.frameworks);
  return {
    id: foreign(audit, ID_LENGTH) || 'unnamed',
    ...(name === '' ? {} : { name }),
    shortDescription: message(title, audit),
    fullDescription: message(description, title),
    ...helpOf(finding),
    defaultConfiguration: { level: LEVELS[severity] },
    ...(relationships.length === 0 ? {} : { relationships }),
    properties: { severity, 'security-severity': SECURITY_SEVERITY[severity], tags: tagsOf(finding) },
  };
}

/** `evasion/l2-pgd` is `EvasionL2Pgd`. */
function pascalCase(id: string): string {
  const words = id.slice(0, ID_LENGTH).match(/[\p{L}\p{N}]+/gu) ?? [];
  const joined = words.map((word) => word.replace(/^./u, (first) => first.toUpperCase())).join('');
  return Array.from(joined).slice(0, NAME_LENGTH).join('');
}

/** What to do, and toward which clauses the audit is evidence: GitHub shows no taxonomies. */
function helpOf({ advice, frameworks, sources }: Finding): Pick<Rule, 'help'> {
  const clauses = namedClauses(frameworks).map(
    ({ id, framework, clauses: ids }) => `${framework?.short ?? id}: ${ids.map((clause) => clause.id).join(', ')}`,
  );
  const lines = [
    ...advice.split('\n'),
    ...(clauses.length === 0 ? [] : [`Evidence toward ${clauses.join('; ')}.`]),
    ...(sources.length === 0 ? [] : [`Sources: ${sources.join('; ')}.`]),
  ]
    .map((line) => foreign(line, HELP_LENGTH))
    .filter((line) => line !== '');
  if (lines.length === 0) return {};
  return { help: { ...message(lines.join('\n'), ''), markdown: doubled(lines.map(markdown).join('\n\n')) } };
}

/** `security` makes GitHub read the number of the severity. */
function tagsOf({ area, frameworks }: Finding): readonly string[] {
  const clauses = Object.entries(frameworks).flatMap(([framework, ids]) => ids.map((id) => `${framework}/${id}`));
  const tags = ['security', area, ...clauses.map((clause) => foreign(clause, TAG_LENGTH))];
  return [...new Set(tags)].slice(0, MOST_TAGS);
}
