import { AssayError } from '#base/errors';
import type { ProtectionRequest } from '#plugin/anonymizing';
import type { MeasuringModel } from '../models/measured-model.js';
import type { CompleteOptions } from './options.js';

/**
 * Refuses what options, table and inputs contradict each other in.
 *
 * @throws AssayError `config`
 */
export function refuseContradictions(request: ProtectionRequest<CompleteOptions>): void {
  requireClassSize(request.options);
  requireModel(request);
  refuseOtherModels(request.options);
  refuseDataDependence(request);
}

const OF_LEVELS: readonly string[] = ['full-domain', 'fixed'];
const OF_GROUPS: readonly string[] = ['microaggregation', 'guided', 'local-suppression'];

/** @throws AssayError `config` where a model compares the table with a population that is not there, or that what is done hides from */
export function requirePopulation(models: readonly MeasuringModel[], { options, population, table }: Request): void {
  const needing = models.find(({ needsPopulation }) => needsPopulation);
  const { algorithm, perturb } = options;
  if (needing === undefined) return;
  if (population === null) {
    throw new AssayError('config', {
      what: `${needing.name} compares the table with the people it was drawn from, and no population is named`,
      mend: 'Set `data.population`.',
    });
  }
  if (!OF_LEVELS.includes(algorithm)) {
    throw new AssayError('config', {
      where: '`anonymize.algorithm`',
      what: `${needing.name} needs the population as exact as the table, and ${algorithm} says of records of the table alone what becomes of them`,
      mend: 'Take `full-domain`.',
    });
  }
  const changed = perturb.flatMap(({ columns }) => columns).find((name) => roleOf(table, name) === 'quasi-identifier');
  if (changed === undefined) return;
  throw new AssayError('config', {
    where: '`anonymize.perturb`',
    what: `${needing.name} compares the table with the people it was drawn from, and perturbed values of ${JSON.stringify(changed)} are not theirs`,
    mend: 'Perturb only columns that are no quasi-identifiers, or take `k-anonymity`.',
  });
}

function requireClassSize({ models, algorithm }: CompleteOptions): void {
  if (!OF_GROUPS.includes(algorithm) || models.some(({ model }) => model === 'k-anonymity')) return;
  throw new AssayError('config', {
    where: '`anonymize.models`',
    what: `${algorithm} makes groups of k records, and no k-anonymity is among the models to say k`,
    mend: 'Add `{ "model": "k-anonymity", "k": 5 }`.',
  });
}

function requireModel({ options: { algorithm }, predict }: Request): void {
  if (algorithm !== 'guided' || predict !== null) return;
  throw new AssayError('config', {
    where: '`anonymize.algorithm`',
    what: 'guided anonymization asks the model what it looks at, and the config has none',
    mend: 'Set `target` and `data.test`.',
  });
}

function refuseOtherModels({ models, algorithm }: CompleteOptions): void {
  const other = models.find(({ model }) => model !== 'k-anonymity');
  if (algorithm !== 'local-suppression' || other === undefined) return;
  throw new AssayError('config', {
    where: '`anonymize.models`',
    what: `local suppression counts with missing values that agree with every value, and of classes that overlap ${other.model} is not defined`,
    mend: 'Name k-anonymity alone, or take another algorithm.',
  });
}

/** What was chosen by the data tells of them, and no epsilon bounds that. */
function refuseDataDependence(request: Request): void {
  if (!request.options.models.some(isPromise)) return;
  const broken = DEPENDENCES.map((of) => of(request)).find((each) => each !== null);
  if (broken === undefined) return;
  throw new AssayError('config', {
    where: '`anonymize`',
    what: `differential privacy holds only where the generalization does not depend on the data, and ${broken.what}`,
    mend: broken.mend,
  });
}

const isPromise = ({ model }: CompleteOptions['models'][number]) => model === 'differential-privacy';

type Dependence = (request: Request) => { readonly what: string; readonly mend: string } | null;

const DEPENDENCES: readonly Dependence[] = [
  ({ options: { algorithm } }) =>
    algorithm === 'fixed'
      ? null
      : {
          what: `${algorithm} chooses the generalization by the data`,
          mend: 'Take the algorithm `fixed`, and name `levels`.',
        },
  ({ options: { hierarchies } }) => {
    // Which values there are decides what `other` means, and how many levels of prefixes there are.
    const built = Object.entries(hierarchies).find(
      ([, option]) => typeof option === 'object' && ('frequency' in option || 'prefixes' in option),
    );
    return built === undefined
      ? null
      : {
          what: `the hierarchy of ${JSON.stringify(built[0])} is built by the values of the table`,
          mend: 'Read it from a file, or take `ranges` or `dates`.',
        };
  },
  ({ options: { perturb } }) =>
    perturb.length === 0 ? null : { what: '`perturb` changes values by what the data has', mend: 'Leave it out.' },
  ({ table }) => {
    const kept = table.columns.find(({ role }) => role === 'sensitive' || role === 'insensitive');
    return kept === undefined
      ? null
      : {
          what: `${JSON.stringify(kept.name)} is kept as it is`,
          mend: 'Make it a quasi-identifier, or an identifier, which is left out.',
        };
  },
  ({ options: { suppression } }) =>
    suppression === 1
      ? null
      : {
          what: 'whether a table is written would depend on how many records are suppressed',
          mend: 'Set `suppression` to 1.',
        },
  ({ options: { models } }) =>
    models.filter(isPromise).length === 1
      ? null
      : { what: 'several promises would need a sample each', mend: 'Name one.' },
];

type Request = ProtectionRequest<CompleteOptions>;

function roleOf({ columns }: Request['table'], name: string): string | undefined {
  return columns.find((column) => column.name === name)?.role;
}
