/** The part of SARIF 2.1.0 that is written here, by the names of its objects. Section numbers are of the standard. */

export interface Log {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly Run[];
}

/** 3.14 */
export interface Run {
  readonly tool: { readonly driver: ToolComponent };
  readonly automationDetails: { readonly id: string };
  readonly invocations: readonly Invocation[];
  readonly columnKind: 'utf16CodeUnits';
  readonly artifacts: readonly { readonly location: ArtifactLocation; readonly roles: readonly string[] }[];
  readonly results: readonly Result[];
  readonly taxonomies: readonly ToolComponent[];
  readonly properties: PropertyBag;
}

/** 3.19 */
export interface ToolComponent {
  readonly name: string;
  readonly version?: string;
  readonly releaseDateUtc?: string;
  readonly informationUri?: string;
  readonly shortDescription?: MessageString;
  readonly supportedTaxonomies?: readonly ComponentReference[];
  readonly rules?: readonly Rule[];
  readonly taxa?: readonly Taxon[];
}

/** 3.54 */
export interface ComponentReference {
  readonly name: string;
  readonly index: number;
}

/** 3.49 */
export interface Rule {
  readonly id: string;
  readonly name?: string;
  readonly shortDescription: MessageString;
  readonly fullDescription: MessageString;
  readonly help?: MessageString & { readonly markdown: string };
  readonly defaultConfiguration: { readonly level: Level };
  readonly relationships?: readonly Relationship[];
  readonly properties: PropertyBag;
}

export interface Taxon {
  readonly id: string;
  readonly shortDescription?: MessageString;
}

/** 3.53 */
export interface Relationship {
  readonly target: { readonly id: string; readonly index: number; readonly toolComponent: ComponentReference };
  readonly kinds: readonly ['relevant'];
}

/** 3.27 */
export interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: Kind;
  readonly level: Level;
  readonly message: MessageString;
  readonly locations: readonly [Location];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions: readonly Suppression[];
  readonly properties: PropertyBag;
}

/** 3.27.9 */
export type Kind = 'pass' | 'fail' | 'open' | 'notApplicable';
/** 3.27.10: `none` whenever the kind is not `fail`. */
export type Level = 'error' | 'warning' | 'note' | 'none';

export interface Location {
  readonly physicalLocation: {
    readonly artifactLocation: ArtifactLocation;
    readonly region: { readonly startLine: number; readonly startColumn: number };
  };
}

export interface ArtifactLocation {
  readonly uri: string;
  readonly index: number;
}

/** 3.35 */
export interface Suppression {
  readonly kind: 'external';
  readonly status: 'accepted';
  readonly justification: string;
}

/** 3.20 */
export interface Invocation {
  readonly executionSuccessful: boolean;
  readonly exitCode: number;
  readonly commandLine: string;
  readonly startTimeUtc?: string;
  readonly endTimeUtc?: string;
  readonly toolExecutionNotifications: readonly Notification[];
}

/** 3.58 */
export interface Notification {
  readonly level: 'error' | 'warning';
  readonly message: MessageString;
  readonly associatedRule?: { readonly id: string; readonly index: number };
}

export interface MessageString {
  readonly text: string;
}

export type PropertyBag = Readonly<Record<string, unknown>>;
