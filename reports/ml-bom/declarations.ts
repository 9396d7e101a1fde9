import type { Finding, Measure, Report } from '#report/report';
import { counted } from '../format.js';
import { gateStatus, tallyInWords, verdictOf } from '../status.js';
import { dataReference, MODEL } from './components.js';
import type { Attestation, Claim, Component, Declarations, Evidence, RequirementMap } from './cyclonedx.js';
import type { Framework } from './standards.js';
import { named, sentence, unlessEmpty, versioned } from './text.js';

/** Findings as claims with their evidence, and what they are evidence toward. */

const ASSESSOR = 'assessor';

/** @param created when the evidence was, ISO 8601 */
export function declarationsOf(
  report: Report,
  frameworks: readonly Framework[],
  created: string | undefined,
): Declarations | undefined {
  const { findings, tool } = report;
  if (findings.length === 0) return undefined;
  const targets = targetComponents(report);
  const mitigations = mitigationReferences(findings);
  return {
    assessors: [
      {
        'bom-ref': ASSESSOR,
        thirdParty: false,
        organization: { name: `Assay ${named(tool.version)} (software), run by whoever audited the model` },
      },
    ],
    attestations: unlessEmpty(frameworks.map((framework) => attestation(report, framework))),
    claims: findings.map((finding, index) => claim(finding, index, targets, mitigations)),
    evidence: [
      ...findings.map((finding, index) => evidence(finding, index, created)),
      ...[...mitigations].map(([advice, reference]) => mitigation(advice, reference)),
    ],
    targets: targets.length === 0 ? undefined : { components: targets.map(({ component }) => component) },
  };
}

interface ClaimTarget {
  /** Findings about data are claims about the table, all others about the model. */
  readonly of: 'model' | 'data';
  readonly component: Component;
}

function targetComponents({ target, data }: Report): ClaimTarget[] {
  const about = (reference: string) => `What findings of this audit are about: the component ${reference}.`;
  const tables = data.flatMap((card, index) => (card.role === 'table' ? [{ card, index }] : [])).slice(0, 1);
  return [
    ...(target === null
      ? []
      : [
          {
            of: 'model' as const,
            component: {
              type: 'machine-learning-model' as const,
              'bom-ref': 'target-model',
              name: named(target.name),
              version: versioned(target.digest),
              description: about(MODEL),
            },
          },
        ]),
    ...tables.map(({ card, index }) => ({
      of: 'data' as const,
      component: {
        type: 'data' as const,
        'bom-ref': 'target-data',
        name: named(`${card.role} data`),
        version: versioned(card.digest),
        description: about(dataReference(index)),
      },
    })),
  ];
}

function claimReference(index: number): string {
  return `claim-${index + 1}`;
}

function evidenceReference(index: number): string {
  return `evidence-${index + 1}`;
}

/** Advice of failed findings, each text once. */
function mitigationReferences(findings: readonly Finding[]): Map<string, string> {
  const references = new Map<string, string>();
  for (const { status, advice } of findings) {
    if (status === 'fail' && advice !== '' && !references.has(advice)) {
      references.set(advice, `mitigation-${references.size + 1}`);
    }
  }
  return references;
}

function claim(
  finding: Finding,
  index: number,
  targets: readonly ClaimTarget[],
  mitigations: ReadonlyMap<string, string>,
): Claim {
  const { status, claim: predicate, advice, area } = finding;
  const mitigated = status === 'fail' ? mitigations.get(advice) : undefined;
  const target = targets.find(({ of }) => of === (area === 'data' ? 'data' : 'model'));
  return {
    'bom-ref': claimReference(index),
    target: target?.component['bom-ref'],
    predicate: sentence(predicate),
    mitigationStrategies: mitigated === undefined ? undefined : [mitigated],
    reasoning: sentence(reasoning(finding)),
    evidence: [evidenceReference(index)],
  };
}

function reasoning(finding: Finding): string {
  const { reasons, signs, waiver } = finding;
  return [
    `Verdict: ${verdictOf(finding).word}.`,
    ...reasons,
    ...signs.filter(({ holds }) => !holds).map((sign) => `A sign does not hold: ${sign.sentence}`),
    ...(waiver === null
      ? []
      : [`Waived by the policy: ${waiver.reason} Owner: ${waiver.owner}; until ${waiver.expires}.`]),
  ].join(' ');
}

function evidence(finding: Finding, index: number, created: string | undefined): Evidence {
  const { audit, cell, command } = finding;
  return {
    'bom-ref': evidenceReference(index),
    propertyName: 'assay:finding',
    description: sentence(`Numbers and signs of ${audit}, repeated by: ${command}`),
    data: [
      {
        name: named(`Cell ${cell}`),
        contents: { attachment: { contentType: 'application/json', content: JSON.stringify(numbersOf(finding)) } },
      },
    ],
    created,
  };
}

/** Written out field by field, so that the order of fields in the report does not show. */
function numbersOf({ audit, cell, command, measures, signs }: Finding): object {
  return {
    audit,
    cell,
    command,
    measures: measures.map(numberOf),
    signs: signs.map(({ id, holds, sentence: text }) => ({ id, holds, sentence: text })),
  };
}

function numberOf({ id, label, format, value, n, interval, threshold }: Measure): object {
  return {
    id,
    label,
    format,
    value,
    n,
    interval: interval === null ? null : { low: interval.low, high: interval.high, method: interval.method },
    threshold:
      threshold === null
        ? null
        : {
            comparison: threshold.comparison,
            value: threshold.value,
            compared: threshold.compared,
            holds: threshold.holds,
            setBy: threshold.setBy,
          },
  };
}

function mitigation(advice: string, reference: string): Evidence {
  return {
    'bom-ref': reference,
    propertyName: 'assay:advice',
    description: sentence(advice),
    created: undefined,
  };
}

function attestation(report: Report, { title, clauses }: Framework): Attestation {
  const { shape, word } = gateStatus(report);
  const waived = report.findings.filter(({ waiver, status }) => waiver !== null && status !== 'pass').length;
  return {
    summary: [
      `Evidence toward ${title}, not a statement of conformity: what findings say of the clauses that they name.`,
      `No person has affirmed it. Decision of the gate under the policy: ${shape} ${word}.`,
      ...(waived === 0
        ? []
        : [`The policy waived ${counted(waived, 'finding')}, which counted as passed for the gate.`]),
    ].join(' '),
    assessor: ASSESSOR,
    map: clauses.map(({ requirement, findings }) => requirementMap(report.findings, requirement, findings)),
  };
}

/** What passed speaks for a requirement, what failed against it, waived or not; what was not decided for neither. */
function requirementMap(all: readonly Finding[], requirement: string, indices: readonly number[]): RequirementMap {
  const having = (status: Finding['status']) =>
    unlessEmpty(indices.filter((index) => all[index]?.status === status).map(claimReference));
  const findings = indices.flatMap((index) => all[index] ?? []);
  return {
    requirement,
    claims: having('pass'),
    counterClaims: having('fail'),
    conformance: {
      rationale: `${counted(findings.length, 'finding')} toward this requirement: ${tallyInWords(findings)}. No score: an audit of a model decides no requirement.`,
    },
  };
}
