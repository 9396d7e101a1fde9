/**
 * The parts of CycloneDX 1.6 (ECMA-424) that a bill of materials of an audited model needs. The official library for
 * JavaScript models neither model cards, nor declarations, nor standards. What is undefined is not written.
 */

export interface Bom {
  readonly $schema: string;
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: Metadata;
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
  readonly declarations: Declarations | undefined;
  readonly definitions: { readonly standards: readonly Standard[] } | undefined;
}

export interface Metadata {
  /** ISO 8601 */
  readonly timestamp: string | undefined;
  readonly tools: { readonly components: readonly Component[] };
  readonly component: Component | undefined;
  readonly properties: readonly Property[];
}

export interface Component {
  readonly type: 'application' | 'data' | 'file' | 'library' | 'machine-learning-model' | 'platform';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string | undefined;
  /** `excluded`: used for the test, not at run time. */
  readonly scope?: 'excluded';
  readonly description?: string;
  readonly hashes?: readonly Hash[] | undefined;
  readonly components?: readonly Component[] | undefined;
  readonly modelCard?: ModelCard;
  readonly data?: readonly DataSet[];
  readonly properties?: readonly Property[] | undefined;
}

export interface Hash {
  readonly alg: 'SHA-256';
  readonly content: string;
}

export interface Property {
  readonly name: string;
  readonly value: string;
}

export interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

export interface DataSet {
  readonly type: 'dataset';
  readonly name: string;
  readonly contents: { readonly properties: readonly Property[] };
  /** In words: which columns the config declares to be sensitive. */
  readonly sensitiveData: readonly string[] | undefined;
}

export interface ModelCard {
  readonly modelParameters: {
    readonly task: string | undefined;
    readonly datasets: readonly { readonly ref: string }[] | undefined;
    readonly inputs: readonly { readonly format: string }[];
    readonly outputs: readonly { readonly format: string }[];
  };
  readonly quantitativeAnalysis: { readonly performanceMetrics: readonly PerformanceMetric[] } | undefined;
  readonly considerations: { readonly technicalLimitations: readonly string[] } | undefined;
  readonly properties: readonly Property[];
}

export interface PerformanceMetric {
  readonly type: string;
  readonly value: string;
  readonly slice: string;
  readonly confidenceInterval: { readonly lowerBound: string; readonly upperBound: string } | undefined;
}

export interface Declarations {
  readonly assessors: readonly {
    readonly 'bom-ref': string;
    readonly thirdParty: boolean;
    readonly organization: { readonly name: string };
  }[];
  readonly attestations: readonly Attestation[] | undefined;
  readonly claims: readonly Claim[];
  readonly evidence: readonly Evidence[];
  readonly targets: { readonly components: readonly Component[] } | undefined;
}

export interface Attestation {
  readonly summary: string;
  readonly assessor: string;
  readonly map: readonly RequirementMap[];
}

export interface RequirementMap {
  readonly requirement: string;
  readonly claims: readonly string[] | undefined;
  readonly counterClaims: readonly string[] | undefined;
  /** Without a score: an audit is evidence toward a requirement. */
  readonly conformance: { readonly rationale: string };
}

export interface Claim {
  readonly 'bom-ref': string;
  readonly target: string | undefined;
  readonly predicate: string;
  readonly mitigationStrategies: readonly string[] | undefined;
  readonly reasoning: string | undefined;
  readonly evidence: readonly string[];
}

export interface Evidence {
  readonly 'bom-ref': string;
  readonly propertyName: string;
  readonly description: string;
  readonly data?: readonly {
    readonly name: string;
    readonly contents: { readonly attachment: { readonly contentType: 'application/json'; readonly content: string } };
  }[];
  readonly created: string | undefined;
}

export interface Standard {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string | undefined;
  readonly description: string;
  readonly requirements: readonly {
    readonly 'bom-ref': string;
    readonly identifier: string;
    /** In words of our own; the text of the requirement is not copied. */
    readonly descriptions: readonly string[] | undefined;
  }[];
  readonly externalReferences: readonly { readonly type: 'website'; readonly url: string }[] | undefined;
}
