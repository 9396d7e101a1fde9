import { counted, grouped, percent } from '#base/format';
import type { ColumnRole, ColumnType, RowTable } from '../table.js';
import { factsOf, summaryOf, typeEvidence, type ColumnFacts, type ColumnSummary } from './facts.js';
import { groupedBy, separationOf, together, undivided, type Grouping, type Separation } from './separation.js';
import { kindOfKey } from './validators.js';
import { isKeyName, topicOf } from './words.js';

/** What a column looks like. A suggestion is for a person to confirm: nothing takes it for a role by itself. */
export interface InferredRole {
  readonly name: string;
  readonly type: ColumnType;
  readonly typeEvidence: string;
  /** The stated role where there is one, else the suggested one. */
  readonly role: ColumnRole;
  readonly source: 'stated' | 'suggested';
  /** What the column looks like, whatever is stated. */
  readonly suggested: ColumnRole;
  /** Why it is suggested, in a sentence. */
  readonly evidence: string;
  readonly facts: ColumnFacts;
  readonly separation: Separation;
}

interface Suggestion {
  readonly role: ColumnRole;
  readonly evidence: string;
}

/** Of few records every column tells them apart. */
const FEWEST_RECORDS = 20;
/** Different values of a column that names persons. */
const FEWEST_NAMES = 10;
const NEARLY_UNIQUE = 0.95;
/** Rise of the share of unique records from which on a column counts as telling them apart. */
const CONTRIBUTION = 0.05;
/** Keys are shorter, on average. */
const KEY_LENGTH = 40;

/**
 * Types and roles of columns by their names and their values. A name in English, German, Spanish or French goes before what values
 * look like, except that values that are e-mail addresses, IBANs, UUIDs or phone numbers are identifiers whatever their name.
 *
 * @param stated roles that a config gives; they win
 */
export function inferRoles(
  table: RowTable,
  stated: Readonly<Record<string, ColumnRole>> = {},
): readonly InferredRole[] {
  return inferRolesOf(table.columns.map(summaryOf), stated);
}

/** The same of columns that nobody holds. */
export function inferRolesOf(
  summaries: readonly ColumnSummary[],
  stated: Readonly<Record<string, ColumnRole>> = {},
): readonly InferredRole[] {
  const columns = summaries.map(examined);
  const direct = columns.map((column) => byName(column) ?? byValues(column));
  const known = columns.filter((_, i) => direct[i]?.role === 'quasi-identifier');
  const records = columns[0]?.grouping.groupOf.length ?? 0;
  const base = known.reduce((groups, { grouping }) => together(groups, grouping), undivided(records));
  return columns.map((column, i): InferredRole => {
    const { role: suggested, evidence } = direct[i] ?? byContribution(column, base, known.length);
    const { name, type } = column.summary;
    const isStated = Object.hasOwn(stated, name);
    const facts =
      suggested === 'identifier' || stated[name] === 'identifier' ? withoutValues(column.facts) : column.facts;
    return {
      name,
      type,
      typeEvidence: typeEvidence(type, facts),
      role: isStated ? (stated[name] ?? suggested) : suggested,
      source: isStated ? 'stated' : 'suggested',
      suggested,
      evidence,
      facts,
      separation: column.separation,
    };
  });
}

interface Examined {
  readonly summary: ColumnSummary;
  readonly facts: ColumnFacts;
  readonly grouping: Grouping;
  readonly separation: Separation;
}

function examined(summary: ColumnSummary): Examined {
  const grouping = groupedBy(summary.sample);
  return { summary, facts: factsOf(summary), grouping, separation: separationOf(grouping) };
}

function byName({ summary: { name, distinct }, facts }: Examined): Suggestion | null {
  const key = distinct.length === 0 ? null : kindOfKey(distinct);
  if (key !== null) {
    return { role: 'identifier', evidence: `${percent(key.share)} of its values are ${key.what}.` };
  }
  const found = topicOf(name);
  if (found === null) return null;
  const { topic, word } = found;
  // A column without values, or with one, says nothing of anybody.
  if (facts.distinct < 2) return null;
  // `phone_service`, yes or no, is about phones and is none.
  if (topic.role === 'identifier' && facts.distinct < FEWEST_NAMES && facts.rows >= FEWEST_RECORDS) return null;
  return { role: topic.role, evidence: `Its name has the word "${word}", which is about ${topic.name}.` };
}

function byValues({ summary: { name, type, distinct }, facts, separation }: Examined): Suggestion | null {
  if (facts.rows < FEWEST_RECORDS) return null;
  const { distinction } = separation;
  if (isKeyName(name) && distinction >= 0.5) {
    return {
      role: 'identifier',
      evidence: `Its name is one of a key, and ${percent(distinction)} of its values are different.`,
    };
  }
  if (type === 'integer' && facts.distinct === facts.rows && isRunning(facts)) {
    return {
      role: 'identifier',
      evidence: `It is a running number: all of its ${grouped(facts.rows)} values are different.`,
    };
  }
  if (type !== 'text' || distinction < NEARLY_UNIQUE) {
    return type === 'date' || type === 'timestamp' ? ofTime(facts) : null;
  }
  const length = distinct.reduce((sum, value) => sum + value.length, 0) / distinct.length;
  const kind = length <= KEY_LENGTH ? 'a key' : 'free text, which may name anybody';
  return {
    role: 'identifier',
    evidence: `Nearly every record has a value of its own (${percent(distinction)}): it is ${kind}.`,
  };
}

function ofTime({ distinct }: ColumnFacts): Suggestion | null {
  if (distinct < 2) return null;
  return { role: 'quasi-identifier', evidence: 'It is a date, and dates of events are known to others.' };
}

function byContribution({ facts, grouping, separation }: Examined, base: Grouping, known: number): Suggestion {
  if (facts.distinct < 2) return { role: 'insensitive', evidence: 'It has the same value in all records, or none.' };
  const before = separationOf(base).unique;
  const after = separationOf(together(base, grouping)).unique;
  const set =
    known === 0 ? 'By itself it makes' : `Beside the ${counted(known, 'quasi-identifier')} told by names it makes`;
  const figures = `${percent(after)} of the records unique, ${percent(before)} without it; it separates ${percent(separation.separation)} of all pairs`;
  const tells = after - before >= CONTRIBUTION && facts.rows >= FEWEST_RECORDS;
  return { role: tells ? 'quasi-identifier' : 'insensitive', evidence: `${set} ${figures}.` };
}

/** All different, and at least half of the numbers between the least and the largest. */
function isRunning({ range, rows }: ColumnFacts): boolean {
  return range !== null && Number(range[1]) - Number(range[0]) < 2 * rows;
}

function withoutValues(facts: ColumnFacts): ColumnFacts {
  return { ...facts, range: null, examples: [] };
}
