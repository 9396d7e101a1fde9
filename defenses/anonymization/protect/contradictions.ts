import { AssayError } from '#base/errors';
import type { ProtectionRequest } from '#plugin/anonymizing';
import type { CompleteOptions } from './options.js';

/**
 * Refuses what options, table and inputs contradict each other in.
 *
 * @throws AssayError `config`
 */
export function refuseContradictions(request: ProtectionRequest<CompleteOptions>): void {
  requirePopulation(request);
  requireClassSize(request.options);
  requireModel(request);
  refuseOtherModels(request.options);
  refuseDataDependence(request);
}

const OF_POPULATION: readonly string[] = ['k-map', 'delta-presence'];
const OF_LEVELS: readonly string[] = ['full-domain', 'fixed'];
const OF_GROUPS: readonly string[] = ['microaggregation', 'guided', 'local-suppression'];

function requirePopulation({ options: { models, algorithm, perturb }, population, table }: Request): void {
  const needing = models.find(({ model }) => OF_POPULATION.includes(model));
  if (needing === undefined) return;
  if (population === null) {
    throw new AssayError('config', {
      what: `${needing.model} compares the table with the people it was drawn from, and no population is named`,
      mend: 'Set `data.population`.',
    });
  }
  if (!OF_LEVELS.includes(algorithm)) {
    throw new AssayError('config', {
      where: '`anonymize.algorithm`',
      what: `${needing.model} needs the population as exact as the table, and ${algorithm} says of records of the table alone what becomes of them`,
      mend: 'Take `full-domain`.',
    });
  }
  const changed = perturb.flatMap(({ columns }) => columns).find((name) => roleOf(table, name) === 'quasi-identifier');
  if (changed === undefined) return;
  throw new AssayError('config', {
    where: '`anonymize.perturb`',
    what: `${needing.model} compares the table with the people it was drawn from, and perturbed values of ${JSON.stringify(changed)} are not theirs`,
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

/** What was chosen by the data tells of them: then no noise is left that epsilon could bound. */
function refuseDataDependence({ options, table }: Request): void {
  const promises = options.models.filter(({ model }) => model === 'differential-privacy').length;
  if (promises === 0) return;
  const frequent = Object.entries(options.hierarchies).find(
    ([, option]) => typeof option === 'object' && 'frequency' in option,
  );
  const kept = table.columns.find(({ role }) => role === 'sensitive' || role === 'insensitive');
  const found =
    options.algorithm !== 'fixed'
      ? [
          `${options.algorithm} chooses the generalization by the data`,
          'Take the algorithm `fixed`, and name `levels`.',
        ]
      : frequent !== undefined
        ? [
            `the hierarchy of ${JSON.stringify(frequent[0])} is built by frequency`,
            'Build it otherwise, or read it from a file.',
          ]
        : options.perturb.length > 0
          ? ['`perturb` changes values by what the data has', 'Leave it out.']
          : kept !== undefined
            ? [
                `${JSON.stringify(kept.name)} is kept as it is`,
                'Make it a quasi-identifier, or an identifier, which is left out.',
              ]
            : options.suppression < 1
              ? [
                  'whether a table is written would depend on how many records are suppressed',
                  'Set `suppression` to 1.',
                ]
              : promises > 1
                ? ['several promises would need a sample each', 'Name one.']
                : null;
  if (found === null) return;
  throw new AssayError('config', {
    where: '`anonymize`',
    what: `differential privacy holds only where the generalization does not depend on the data, and ${found[0] ?? ''}`,
    mend: found[1] ?? '',
  });
}

type Request = ProtectionRequest<CompleteOptions>;

function roleOf({ columns }: Request['table'], name: string): string | undefined {
  return columns.find((column) => column.name === name)?.role;
}
