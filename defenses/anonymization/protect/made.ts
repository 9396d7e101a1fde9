import type { TableSource } from '#data/table';
import type { ProtectionRequest } from '#plugin/anonymizing';
import type { Detail } from '#report/details';
import type { EncodedTable, Hierarchy, Release } from '../contract.js';
import type { MeasuringModel } from '../models/measured-model.js';
import type { ColumnLevel } from '../utility/utility.js';
import type { CompleteOptions } from './options.js';

/** What an algorithm works on. */
export interface Work {
  readonly request: ProtectionRequest<CompleteOptions>;
  /**
   * With perturbed columns, and of the sampled records alone where the models ask for that. Of different rows where neither the algorithm
   * nor anything else that is asked for needs records: {@link needsRecords}.
   */
  readonly table: EncodedTable;
  /** The same before perturbation. */
  readonly original: EncodedTable;
  /** Its different rows, with the dictionaries of the table; null without one. */
  readonly population: EncodedTable | null;
  readonly models: readonly MeasuringModel[];
  /** Of the columns that the config names. */
  readonly hierarchies: readonly Hierarchy[];
  /** What the model says of each row as it was; null where nobody asked for it. */
  readonly said: readonly string[] | null;
}

/** What an algorithm made of it. */
export interface Made {
  /** Null where no table meets the models within the limit of suppression. */
  readonly release: Release | null;
  /** Why there is none; null where there is one. */
  readonly refused: string | null;
  /** Of whole columns; null where the algorithm has none. */
  readonly levels: readonly ColumnLevel[] | null;
  readonly details: readonly Detail[];
  /** Generalized as the release is; null where there is none, or where an algorithm cannot. */
  readonly population: TableSource | null;
}
