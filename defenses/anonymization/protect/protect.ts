import { AssayError } from '#base/errors';
import type { TableSource } from '#data/table';
import type { AnonymizingKit, HierarchyFacts, Protection, ProtectionRequest } from '#plugin/anonymizing';
import type { EncodedColumn, EncodedTable, Hierarchy } from '../contract.js';
import { countPopulation, countRows } from '../encoding/observe.js';
import { describeHierarchy, hierarchyBuilder } from '../hierarchies/build.js';
import type { HierarchyOption } from '../hierarchies/options.js';
import { modelOf } from '../models/config.js';
import { perturbationDetails } from '../perturbation/details.js';
import { classSizesOfRelease, classSizesOfTable } from '../risk/class-sizes.js';
import { labelColumn } from '../utility/classifier.js';
import { predictedLabels } from '../utility/model-accuracy.js';
import { utilityOf } from '../utility/utility.js';
import { accuracyRows } from './accuracy.js';
import { byEmptiedCells, byMeans, byModel, byMondrian } from './by-groups.js';
import { columnFacts, undeclaredColumns, undeclaredSets } from './column-facts.js';
import { refuseContradictions, requirePopulation } from './contradictions.js';
import { atFixedLevels, byFullDomain } from './full-domain.js';
import { inputOf } from './input.js';
import type { Made, Work } from './made.js';
import { AnonymizeOptions, completeOptions, isSampled, type Algorithm, type CompleteOptions } from './options.js';
import { releasedClasses, releasedTable } from './released-table.js';
import { risksOf, risksOfOverlapping, type Knowledge } from './risks.js';
import { surveyTable, type Survey } from './survey.js';
import { utilityRows } from './utility.js';

/** What `assay anonymize` goes through. */
export const anonymizing: AnonymizingKit<CompleteOptions> = {
  options: AnonymizeOptions,
  complete: completeOptions,
  protect,
};

type Request = ProtectionRequest<CompleteOptions>;

const BY_ALGORITHM: Readonly<Record<Algorithm, (work: Work) => Made | Promise<Made>>> = {
  'full-domain': byFullDomain,
  fixed: atFixedLevels,
  mondrian: byMondrian,
  microaggregation: byMeans,
  guided: byModel,
  'local-suppression': byEmptiedCells,
};

/** Samples where a model asks for it, perturbs, then has an algorithm make classes that meet the models. */
async function protect(request: Request): Promise<Protection> {
  refuseContradictions(request);
  const { table, options } = request;
  const survey = await surveyTable(table, request.population, options);
  const input = await inputOf(survey, request);
  const { hierarchies, facts } = await hierarchiesOf(input.values, request);
  const builders = new Map(hierarchies.map((hierarchy) => [hierarchy.column, () => hierarchy]));
  const models = options.models.map((model) => modelOf(model, builders));
  requirePopulation(models, request);
  const said = await saidOf(input.original, request);
  const { table: encoded, original, population: people } = input;
  const work: Work = { request, table: encoded, original, population: people, models, hierarchies, said };
  const made = await BY_ALGORITHM[options.algorithm](work);
  const { release, population } = made;
  const missing = isOverlapping(options) ? 'matches-everything' : 'own-value';
  return {
    policy: { models: models.map(({ name }) => name), suppression: options.suppression },
    columns: columnFacts(table.columns, survey.inferred, { table: work.table, release }, input.done),
    hierarchies: facts,
    method:
      release === null
        ? { name: 'none', optimal: false, facts: {} }
        : { ...release.method, facts: { ...release.method.facts } },
    repeatable: !isSampled(options),
    risk: { before: riskBefore(survey, request), after: await riskAfter(work, made) },
    utility: release === null ? [] : await costOf(work, made),
    undeclared: [...undeclaredColumns(table.columns, survey.inferred), ...undeclaredSets(survey.toldApart)],
    details: [...made.details, ...perturbationDetails(input.done)],
    released: release === null ? null : releasedTable(input.released(release), { models, population, missing }),
    refused: made.refused,
  };
}

/** What the model says of the records as they were, where anybody needs it. */
async function saidOf(original: EncodedTable, { options, predict }: Request): Promise<readonly string[] | null> {
  const { accuracy, algorithm } = options;
  if (predict === null || (accuracy === null && algorithm !== 'guided')) return null;
  return predictedLabels(original, accuracy === null ? null : labelColumn(original, accuracy.label), predict);
}

/** Records with a missing value are in the classes of all that they agree with. */
function isOverlapping({ algorithm }: CompleteOptions): boolean {
  return algorithm === 'local-suppression';
}

function riskBefore({ counted, population }: Survey, { options }: Request): Protection['risk']['before'] {
  const known = population === null ? null : { table: counted, people: population };
  return risksOf(classSizesOfTable(counted), { population: known, fraction: fractionOf(options, known) });
}

async function riskAfter(
  { table, request }: Work,
  { release, population }: Made,
): Promise<Protection['risk']['after']> {
  if (release === null) return null;
  const released = releasedClasses(request.table.name, table, release);
  if (isOverlapping(request.options)) return risksOfOverlapping(released);
  const known = populationAfter(request, population);
  const joint = known === null ? null : await countTogether(released, known);
  const fraction = fractionOf(request.options, request.population);
  return risksOf(classSizesOfRelease(release, table), { population: joint, fraction });
}

async function countTogether(released: TableSource, population: TableSource): Promise<Knowledge['population']> {
  const table = await countRows(
    released,
    released.columns.map(({ name }) => name),
  );
  return { table, people: await countPopulation(population, table) };
}

/** Where a population is named it goes before the share that the table is of one. */
function fractionOf({ samplingFraction }: CompleteOptions, population: unknown): number | null {
  return population === null ? samplingFraction : null;
}

/** Behind perturbed quasi-identifiers the people of a population are not found by what is true of them. */
function populationAfter({ table, options }: Request, population: TableSource | null): TableSource | null {
  const changed = new Set(options.perturb.flatMap(({ columns }) => columns));
  const hides = table.columns.some(({ name, role }) => role === 'quasi-identifier' && changed.has(name));
  return hides ? null : population;
}

async function costOf(work: Work, { release, levels }: Made): Promise<Protection['utility']> {
  if (release === null) return [];
  const { table, original, said, request } = work;
  const { accuracy } = request.options;
  const rows = utilityRows(utilityOf(table, release, levels));
  if (accuracy === null) return rows;
  const source = request.random.fork('accuracy').of(0);
  const compared = { original, perturbed: table, release, said, predict: request.predict, source };
  return [...rows, ...(await accuracyRows(accuracy, compared))];
}

async function hierarchiesOf(
  columns: readonly EncodedColumn[],
  { table, options, readFile }: Request,
): Promise<{ readonly hierarchies: readonly Hierarchy[]; readonly facts: HierarchyFacts[] }> {
  const hierarchies: Hierarchy[] = [];
  const facts: HierarchyFacts[] = [];
  for (const [name, option] of Object.entries(options.hierarchies)) {
    const column = columns.find((each) => each.name === name);
    if (column === undefined) {
      throw new AssayError('config', {
        where: '`anonymize.hierarchies`',
        what: `there is no column ${JSON.stringify(name)}`,
        mend: `The columns are ${table.columns.map((each) => JSON.stringify(each.name)).join(', ')}.`,
      });
    }
    let sha256: string | null = null;
    const build = await hierarchyBuilder(option, async (path) => {
      const file = await readFile(path);
      sha256 = file.sha256;
      return file;
    });
    const hierarchy = build(column);
    hierarchies.push(hierarchy);
    const levels = hierarchy.levels.length;
    facts.push({ column: name, source: sourceOf(option), sha256, levels, leaves: hierarchy.leaves });
  }
  return { hierarchies, facts };
}

function sourceOf(option: HierarchyOption): string {
  return typeof option === 'string' ? (option.split(/[\\/]/).at(-1) ?? option) : describeHierarchy(option);
}
