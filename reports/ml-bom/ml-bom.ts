import { digestOfBytes } from '#base/digest';
import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import type { Report } from '#report/report';
import { gateStatus, verdictOf } from '../status.js';
import { dataComponents, engineComponents, MODEL, modelComponent, property } from './components.js';
import type { Bom, Component, Property } from './cyclonedx.js';
import { declarationsOf } from './declarations.js';
import { frameworksOf } from './standards.js';
import { timestamp, URL_NAMESPACE, uuidOfName, versioned } from './text.js';

/** A bill of materials with a model card and declarations: CycloneDX 1.6, ECMA-424. */
export const mlBomReporter = defineReporter({
  id: 'ml-bom',
  file: 'ml-bom.cdx.json',
  description:
    'A CycloneDX 1.6 bill of materials with model card and declarations, for inventories of software and supply chains.',
  render: (input) => `${JSON.stringify(numbered(billOfMaterials(input)), null, 2)}\n`,
});

const TOOL = 'tool';

type Unnumbered = Omit<Bom, 'serialNumber'>;

function billOfMaterials({ report, timings }: ReportInput): Unnumbered {
  const { target, data, findings } = report;
  const time = timestamp(timings.finished);
  const engines = engineComponents(report);
  const frameworks = frameworksOf(findings);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: time,
      tools: { components: [tool(report)] },
      component: target === null ? undefined : modelComponent(report, target),
      properties: auditProperties(report),
    },
    components: [...dataComponents(data), ...engines],
    dependencies: [
      ...(target === null ? [] : [{ ref: MODEL, dependsOn: [] }]),
      { ref: TOOL, dependsOn: engines.map((engine) => engine['bom-ref']) },
    ],
    declarations: declarationsOf(report, frameworks, time),
    definitions: frameworks.length === 0 ? undefined : { standards: frameworks.map(({ standard }) => standard) },
  };
}

/** By what the bill says, so that two bills with one serial number are equal. */
function numbered(bom: Unnumbered): Bom {
  const name = `urn:sha256:${digestOfBytes(JSON.stringify(bom))}`;
  const { $schema, bomFormat, specVersion, ...rest } = bom;
  return { $schema, bomFormat, specVersion, serialNumber: `urn:uuid:${uuidOfName(URL_NAMESPACE, name)}`, ...rest };
}

function tool({ tool: { version } }: Report): Component {
  return { type: 'application', 'bom-ref': TOOL, name: 'assay', version: versioned(version) };
}

function auditProperties(report: Report): Property[] {
  const { policy, provenance, findings, baseline } = report;
  return [
    property('assay:gate', gateStatus(report).word),
    property('assay:policy', policy.preset),
    property('assay:policy-digest', policy.digest),
    ...findings.flatMap((finding) =>
      finding.waiver === null ? [] : [property('assay:waived', `${finding.audit} (${verdictOf(finding).word})`)],
    ),
    ...(baseline === null ? [] : [property('assay:baseline-digest', baseline.digest)]),
    ...report.threatModel.map((threat) => property('assay:threat', threat.sentence)),
    property('assay:command', provenance.command),
    property('assay:seed', String(provenance.seed)),
    property('assay:config-digest', provenance.configDigest),
    property('assay:plan-digest', provenance.planDigest),
  ];
}
