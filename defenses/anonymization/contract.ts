import type { ColumnRole, ColumnType } from '#data/table';
import type { Codes } from './encoding/kept-codes.js';

/**
 * A column of a table as small integers. Code 0 is the missing value, whether or not one occurs: `dictionary[0]` is null. The
 * other codes are numbered by the first appearance of their values.
 */
export interface EncodedColumn {
  readonly name: string;
  readonly role: ColumnRole;
  readonly type: ColumnType;
  /** One a row, each below `dictionary.length`. */
  readonly codes: Int32Array;
  readonly dictionary: readonly (string | null)[];
  /** Those of its table. */
  readonly weights?: Int32Array | undefined;
}

/**
 * A table as small integers: of every record, or of every different row with how many records it stands for. What needs nothing but
 * that, such as classes, models and full-domain generalization, takes either, and comes to the same; what moves single records, such as
 * Mondrian, takes records.
 */
export interface EncodedTable {
  readonly rows: number;
  readonly columns: readonly EncodedColumn[];
  /** How many records each row stands for; absent where a row is a record. */
  readonly weights?: Int32Array | undefined;
  /** The first record of each row, from 0 on; absent where a row is a record. */
  readonly firstOf?: Int32Array | undefined;
}

/**
 * How the values of one column become less exact, level by level. Level 0 are the values themselves; each group of a level
 * lies whole in one group of the next. Missing values are a group of their own at every level, group 0, but where a level has
 * one group for everything: there they are in it like all others.
 */
export interface Hierarchy {
  readonly column: string;
  readonly levels: readonly HierarchyLevel[];
  /** Leaves of the hierarchy, whether or not the data has them: what the share of a generalized value is a share of. */
  readonly leaves: number;
}

export interface HierarchyLevel {
  /** The group of each code of the column's dictionary. */
  readonly groupOf: Int32Array;
  /** What is written in place of a value, by group; null for missing. */
  readonly labels: readonly (string | null)[];
  /** How many leaves lie under a group, by group; 0 for the group of the missing. */
  readonly leavesUnder: Int32Array;
}

/** What a privacy model is told of one equivalence class: the records that agree on every quasi-identifier. */
export interface ClassSummary {
  readonly size: number;
  /** Records of the population table with the same quasi-identifiers; 0 without a population. */
  readonly population: number;
  /** How often each code of a sensitive column occurs in the class, by the position of the column in {@link BoundModel.sensitive}. */
  readonly counts: readonly Int32Array[];
}

/** The parameters of a model as the config has them: `{ "model": "k-anonymity", "k": 5 }`. */
export interface PrivacyModel {
  /** In the field's words, with its parameters: `distinct 3-diversity of diagnosis`. */
  readonly name: string;
  /**
   * Whether a class that satisfies the model still does after it was joined with another that does. Only then may a search leave out
   * what is below a node that does not satisfy it, where no record may be suppressed.
   */
  readonly monotone: boolean;
  /**
   * Whether a class that satisfies the model still does after it was joined with any other, as with k-anonymity, k-map and distinct
   * l-diversity; default false. Only then may a search do so where records may be suppressed: what failed below may spoil the class
   * above (entropy l-diversity, t-closeness).
   */
  readonly absorbs?: boolean;
  /** Names of the sensitive columns whose counts it looks at. */
  readonly sensitive: readonly string[];
  /** Whether it compares classes with the population table. */
  readonly needsPopulation: boolean;
  /** @throws AssayError `config` where the table lacks a column, or a parameter does not fit the data */
  bind(table: EncodedTable): BoundModel;
}

/** A model that knows the table: the distribution of a sensitive column in it, its order, its hierarchy. */
export interface BoundModel {
  readonly model: PrivacyModel;
  /** Positions in the table's columns, in the order of `model.sensitive`. */
  readonly sensitive: readonly number[];
  /** Whether a class may be released; one that may not is suppressed as a whole. Called often: allocates nothing. */
  holds(members: ClassSummary): boolean;
}

/** A column of the protected table, as an algorithm leaves it. */
export interface ReleasedColumn {
  readonly name: string;
  /** One a row of the encoded table; of a suppressed row the code is of no meaning. */
  readonly codes: Codes;
  /** What is written, by code; null for missing. */
  readonly labels: readonly (string | null)[];
  /**
   * How much of the domain a label stands for, by code, in [0, 1]: 0 for one value, 1 for everything (normalized certainty penalty;
   * Xu et al. 2006). (leaves under the label - 1) / (leaves - 1) of a hierarchy; width / width of the domain of a range.
   */
  readonly shares: Float64Array;
}

/** What an algorithm makes of the quasi-identifiers of an encoded table. Rows keep their places, and stand for as many records. */
export interface Release {
  /** The quasi-identifiers, in the order of the table. */
  readonly columns: readonly ReleasedColumn[];
  /** 1 for a row whose quasi-identifiers are all emptied. */
  readonly suppressed: Uint8Array;
  /** Which class a row is in, classes numbered by first appearance; -1 for suppressed rows. */
  readonly classOf: Int32Array;
  readonly classes: number;
  /** How it was come by, for the certificate: `optimal full-domain generalization`, levels, nodes looked at, deadline. */
  readonly method: ReleaseMethod;
}

export interface ReleaseMethod {
  /** In the field's words. */
  readonly name: string;
  /** True only where the search proves that nothing of its kind is better by its metric. */
  readonly optimal: boolean;
  /** Facts with their names, in print: `{ "levels": "age 2, sex 0", "nodes": 431 }`. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}
