import type { TObject } from '@sinclair/typebox';
import type { Place } from '#config/place';
import type { Column, TableSource } from '#data/table';
import type { AnonymizationCertificate, ModelCheck } from '#report/anonymization';
import type { RandomStreams } from '#stats/random';
import type { NamedText } from './plugin.js';

export type {
  ColumnFacts,
  HierarchyFacts,
  ModelCheck,
  ReidentificationRisk,
  UndeclaredColumns,
  Utility,
} from '#report/anonymization';

/** What the built-in folders bring to `assay anonymize`. */
export interface AnonymizingKit<Options extends object = object> {
  /** What a config may say under `anonymize`, as it is published. */
  readonly options: TObject;
  /** What a config says, checked and with every default. @throws the error of `place` */
  complete(given: unknown, place: Place): Options;
  /**
   * Makes a table that meets the models, or says why there is none.
   *
   * @throws AssayError `config` or `data` where options and table do not fit; `interrupted`
   */
  protect(request: ProtectionRequest<Options>): Promise<Protection>;
}

export interface ProtectionRequest<Options extends object = object> {
  /** Walked over in batches of rows: it may be larger than the memory. */
  readonly table: TableSource;
  /** The people from whom the table's were drawn, with the same quasi-identifiers; null where none is named. */
  readonly population: TableSource | null;
  readonly options: Options;
  /** Reads a file that the options name, such as a hierarchy. */
  readonly readFile: (path: string) => Promise<NamedText>;
  readonly random: RandomStreams;
  /** Uniform numbers in [0, 1) that nobody can draw again, for what must not be known: which records were sampled. */
  readonly secret: () => number;
  /** Asks the model of the config, which is opened when it is asked first; null where the config has none. */
  readonly predict: PredictLabels | null;
  readonly signal: AbortSignal;
  /** Done and total of a part of the work, in any unit. */
  progress(what: string, done: number, total: number): void;
}

/**
 * What a model says of each row of a table: a label in the words of `label`, the column of the true ones, where that is given.
 *
 * @throws AssayError `data` for a row that is no legal input; `model` and the like; `interrupted`
 */
export type PredictLabels = (columns: readonly Column[], label: Column | null) => Promise<readonly string[]>;

/** What the options and the table alone decide of a certificate. */
type Found = Pick<
  AnonymizationCertificate,
  'policy' | 'columns' | 'hierarchies' | 'method' | 'repeatable' | 'risk' | 'utility' | 'undeclared' | 'details'
>;

export interface Protection extends Found {
  /** Null where no table meets the models within the limit of suppression. */
  readonly released: ReleasedTable | null;
  /** Why there is none; null where there is one. */
  readonly refused: string | null;
}

export interface ReleasedTable {
  /** Columns and records in the order of the table; identifiers are not among them. Missing and suppressed values are null. */
  readonly table: TableSource;
  /** Judges the table as it was written and read back, by other code than that which made it. */
  check(written: TableSource): Promise<readonly ModelCheck[]>;
}
