import { wholeTable } from '#data/stored-table';
import type { TableSource } from '#data/table';
import type { ProtectionRequest } from '#plugin/anonymizing';
import type { EncodedColumn, EncodedTable, Release } from '../contract.js';
import { encodeTable } from '../encoding/encode.js';
import { countPopulation } from '../encoding/observe.js';
import { perturbTable, type PerturbedColumn } from '../perturbation/perturb.js';
import { isSampled, type CompleteOptions } from './options.js';
import { releasedAgain, releasedRecords, sortedRelease } from './released-table.js';
import { sampledTable } from './sampling.js';
import { surveyTable, type Survey } from './survey.js';

/** What an algorithm is given, and how a table comes of what it makes. */
export interface Input {
  /** Before perturbation. */
  readonly original: EncodedTable;
  readonly table: EncodedTable;
  readonly population: EncodedTable | null;
  /** What hierarchies are built of. */
  readonly values: readonly EncodedColumn[];
  readonly done: readonly PerturbedColumn[];
  released(release: Release): TableSource;
}

type Request = ProtectionRequest<CompleteOptions>;

/** Records are held only where {@link needsRecords} says so. */
export async function inputOf(survey: Survey, request: Request): Promise<Input> {
  const { options, secret } = request;
  const sampled = sampledTable(survey.source, options.models, secret);
  if (needsRecords(options)) return recordsOf(sampled, request);
  return countedOf(
    sampled === survey.source ? survey : await surveyTable(sampled, request.population, options),
    options,
  );
}

const OF_DIFFERENT_ROWS: readonly string[] = ['full-domain', 'fixed'];

/** Generalizing whole columns needs to know which rows there are and how often; all else moves, changes or learns from single records. */
function needsRecords({ algorithm, perturb, accuracy }: CompleteOptions): boolean {
  return !OF_DIFFERENT_ROWS.includes(algorithm) || perturb.length > 0 || accuracy !== null;
}

function countedOf(survey: Survey, options: CompleteOptions): Input {
  const { counted, population, values, source } = survey;
  return {
    ...{ original: counted, table: counted, population, values, done: [] },
    released: (release) =>
      isSampled(options) ? sortedRelease(source.name, counted, release) : releasedAgain(survey, release),
  };
}

async function recordsOf(sampled: TableSource, { options, random, population }: Request): Promise<Input> {
  const whole = await wholeTable(sampled);
  const { table: perturbed, done } = perturbTable(whole, options.perturb, random.fork('perturb'));
  const original = encodeTable(whole);
  const table = done.length === 0 ? original : encodeTable(perturbed);
  return {
    ...{ original, table, done, values: table.columns },
    population: population === null ? null : await countPopulation(population, table),
    released: (release) =>
      isSampled(options) ? sortedRelease(whole.name, table, release) : releasedRecords(perturbed, release),
  };
}
