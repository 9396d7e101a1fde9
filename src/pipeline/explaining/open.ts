import { AssayError } from '#base/errors';
import { nameIn } from '#config/document/find';
import type { CompleteConfig, LoadedConfig } from '#config/loaded';
import type { SampleFacts } from '#data/sources/source';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { DataCard, TargetCard } from '#report/report';
import { isBlackBox } from '#target/black-box/declare';
import { readInputs, type ReadInputs } from '../inputs.js';
import { placeBlackBox } from '../place-black-box.js';
import { placeTarget } from '../placement.js';
import type { PlanOptions, TargetInput } from '../types.js';

/** Background samples where neither config nor command line says how many. */
const BACKGROUND = 100;
/** The same for a model as a whole. */
const ROWS = 500;

/** A target that can be asked, with real inputs beside the sample. */
export interface OpenedTarget {
  readonly target: TargetInput;
  readonly card: TargetCard;
  /** What further samples are read for. */
  readonly facts: SampleFacts;
  readonly background: StoredSamples;
  readonly data: DataCard;
  /** Rows that an endpoint or module was asked for already. */
  readonly asked: number;
  /** To be released by `releaseInputs`. */
  readonly inputs: ReadInputs;
}

/**
 * Reads the model of a config, draws the background, and has the model opened in a worker.
 *
 * @throws AssayError of exit code 4 for whatever is wrong with config, model or data
 */
export async function openForExplaining(
  loaded: LoadedConfig,
  options: Pick<PlanOptions, 'sample' | 'seed' | 'device' | 'signal'>,
  asked: 'decision' | 'model',
): Promise<OpenedTarget> {
  const { config } = loaded;
  requireShown(loaded);
  const seed = options.seed ?? config.seed;
  const inputs = await readInputs(
    withBackground(config, options.sample, asked === 'model' ? ROWS : BACKGROUND),
    seed,
    undefined,
  );
  const { target: files, test, facts } = inputs;
  const drawn = inputs.train ?? test;
  if (files === null || facts === null || drawn === null) {
    throw new AssayError('config', {
      where: nameIn(process.cwd(), loaded.file),
      what: '`target` is missing, and there is nothing else to explain',
    });
  }
  const placed = isBlackBox(files.config)
    ? await placeBlackBox(files, files.config, loaded, options)
    : { ...(await placeTarget(files, test?.stored ?? null, loaded, options)), asked: { rows: 0 } };
  const { target, card } = placed;
  return { target, card, facts, background: drawn.stored, data: drawn.card, asked: placed.asked.rows, inputs };
}

/** An explanation is of a sample that is shown: of one that must not be, there can be no page. */
function requireShown({ config, file }: LoadedConfig): void {
  if (config.samples === 'show') return;
  throw new AssayError('config', {
    where: `${nameIn(process.cwd(), file)}, \`samples\``,
    what: 'inputs are only to be named by their indices, and an explanation shows what it explains',
    mend: 'Set `samples` to `show` in a config for this.',
  });
}

/** Training data where the config names some, else test data; tables are for audits. */
function withBackground(config: CompleteConfig, sample: number | undefined, most: number): CompleteConfig {
  const { table: _, population: __, ...data } = config.data;
  const drawn = (asked: number | undefined) => ({ sample: sample ?? Math.min(asked ?? most, most) });
  return {
    ...config,
    data: {
      ...data,
      ...(data.test === undefined ? {} : { test: { ...data.test, ...drawn(data.test.sample) } }),
      ...(data.train === undefined ? {} : { train: { ...data.train, ...drawn(data.train.sample) } }),
    },
  };
}
