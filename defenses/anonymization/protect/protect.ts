import { AssayError } from '#base/errors';
import { inferRoles } from '#data/roles/infer-roles';
import type { Table } from '#data/table';
import type { AnonymizingKit, HierarchyFacts, Protection, ProtectionRequest } from '#plugin/anonymizing';
import type { EncodedTable, Hierarchy } from '../contract.js';
import { encodeTable, encodeWithPopulation } from '../encoding/encode.js';
import { describeHierarchy, hierarchyOf } from '../hierarchies/build.js';
import type { HierarchyOption } from '../hierarchies/options.js';
import { modelOf } from '../models/config.js';
import { perturbationDetails } from '../perturbation/details.js';
import { perturbTable } from '../perturbation/perturb.js';
import { classSizesOfRelease, classSizesOfTable } from '../risk/class-sizes.js';
import { labelColumn } from '../utility/classifier.js';
import { predictedLabels } from '../utility/model-accuracy.js';
import { utilityOf } from '../utility/utility.js';
import { accuracyRows } from './accuracy.js';
import { byEmptiedCells, byMeans, byModel, byMondrian } from './by-groups.js';
import { columnFacts, undeclaredColumns, undeclaredSets } from './column-facts.js';
import { refuseContradictions, requirePopulation } from './contradictions.js';
import { atFixedLevels, byFullDomain } from './full-domain.js';
import type { Made, Work } from './made.js';
import { AnonymizeOptions, completeOptions, type Algorithm, type CompleteOptions } from './options.js';
import { releasedColumns, releasedTable } from './released-table.js';
import { risksOf, risksOfOverlapping, type Knowledge } from './risks.js';
import { sampledTable } from './sampling.js';
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
  const { table, options, random, secret } = request;
  const sampled = sampledTable(table, options.models, secret);
  const { table: perturbed, done } = perturbTable(sampled, options.perturb, random.fork('perturb'));
  const whole = encodeTable(table);
  const original = sampled === table ? whole : encodeTable(sampled);
  const encoded = encodedOf(perturbed, request.population, done.length === 0 ? original : null);
  const { hierarchies, facts } = await hierarchiesOf(encoded.table, request);
  const models = options.models.map((model) => modelOf(model, hierarchies));
  requirePopulation(models, request);
  const work: Work = { request, ...encoded, models, hierarchies, said: await saidOf(original, request) };
  const made = await BY_ALGORITHM[options.algorithm](work);
  const { release, population } = made;
  const inferred = inferRoles(table);
  return {
    policy: { models: models.map(({ name }) => name), suppression: options.suppression },
    columns: columnFacts(table, inferred, release, done),
    hierarchies: facts,
    method:
      release === null
        ? { name: 'none', optimal: false, facts: {} }
        : { ...release.method, facts: { ...release.method.facts } },
    repeatable: !isSampled(options),
    risk: {
      before: risksOf(classSizesOfTable(whole), table, knowledgeOf(request, request.population)),
      after: riskAfter(perturbed, made, request),
    },
    utility: release === null ? [] : await costOf(work, original, made),
    undeclared: [...undeclaredColumns(table, inferred), ...undeclaredSets(whole)],
    details: [...made.details, ...perturbationDetails(done)],
    released:
      release === null
        ? null
        : releasedTable(perturbed, release, {
            ...{ models, population },
            missing: isOverlapping(options) ? 'matches-everything' : 'own-value',
            drop: isSampled(options),
          }),
    refused: made.refused,
  };
}

/** @param known the table, where it is encoded already */
function encodedOf(
  table: Table,
  population: Table | null,
  known: EncodedTable | null,
): Pick<Work, 'table' | 'population'> {
  return population === null
    ? { table: known ?? encodeTable(table), population: null }
    : encodeWithPopulation(table, population);
}

/** What the model says of the records as they were, where anybody needs it. */
async function saidOf(original: EncodedTable, { options, predict }: Request): Promise<readonly string[] | null> {
  const { accuracy, algorithm } = options;
  if (predict === null || (accuracy === null && algorithm !== 'guided')) return null;
  return predictedLabels(original, accuracy === null ? null : labelColumn(original, accuracy.label), predict);
}

function isSampled({ models }: CompleteOptions): boolean {
  return models.some(({ model }) => model === 'differential-privacy');
}

/** Records with a missing value are in the classes of all that they agree with. */
function isOverlapping({ algorithm }: CompleteOptions): boolean {
  return algorithm === 'local-suppression';
}

function riskAfter(table: Table, { release, population }: Made, request: Request): Protection['risk']['after'] {
  if (release === null) return null;
  const released = { ...table, columns: releasedColumns(table, release) };
  return isOverlapping(request.options)
    ? risksOfOverlapping(released)
    : risksOf(classSizesOfRelease(release), released, knowledgeOf(request, populationAfter(request, population)));
}

/** @param population as exact as the table that is asked about; where one is named and this is null, nothing is known of it */
function knowledgeOf({ options, population: named }: Request, population: Table | null): Knowledge {
  return { population, fraction: named === null ? options.samplingFraction : null };
}

/** Behind perturbed quasi-identifiers the people of a population are not found by what is true of them. */
function populationAfter({ table, options }: Request, population: Table | null): Table | null {
  const changed = new Set(options.perturb.flatMap(({ columns }) => columns));
  const hides = table.columns.some(({ name, role }) => role === 'quasi-identifier' && changed.has(name));
  return hides ? null : population;
}

async function costOf(work: Work, original: EncodedTable, { release, levels }: Made): Promise<Protection['utility']> {
  if (release === null) return [];
  const { table, said, request } = work;
  const { accuracy } = request.options;
  const rows = utilityRows(utilityOf(table, release, levels));
  if (accuracy === null) return rows;
  const source = request.random.fork('accuracy').of(0);
  const compared = { original, perturbed: table, release, said, predict: request.predict, source };
  return [...rows, ...(await accuracyRows(accuracy, compared))];
}

async function hierarchiesOf(
  table: EncodedTable,
  { options, readFile }: Request,
): Promise<{ readonly hierarchies: readonly Hierarchy[]; readonly facts: HierarchyFacts[] }> {
  const hierarchies: Hierarchy[] = [];
  const facts: HierarchyFacts[] = [];
  for (const [name, option] of Object.entries(options.hierarchies)) {
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined) {
      throw new AssayError('config', {
        where: '`anonymize.hierarchies`',
        what: `there is no column ${JSON.stringify(name)}`,
        mend: `The columns are ${table.columns.map((each) => JSON.stringify(each.name)).join(', ')}.`,
      });
    }
    let sha256: string | null = null;
    const hierarchy = await hierarchyOf(option, column, async (path) => {
      const file = await readFile(path);
      sha256 = file.sha256;
      return file;
    });
    hierarchies.push(hierarchy);
    const levels = hierarchy.levels.length;
    facts.push({ column: name, source: sourceOf(option), sha256, levels, leaves: hierarchy.leaves });
  }
  return { hierarchies, facts };
}

function sourceOf(option: HierarchyOption): string {
  return typeof option === 'string' ? (option.split(/[\\/]/).at(-1) ?? option) : describeHierarchy(option);
}
