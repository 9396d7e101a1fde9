import { basename, join } from 'node:path';
import { digestOfJson } from '#base/digest';
import { packageVersion } from '#base/package-root';
import type { LoadedConfig } from '#config/loaded';
import type { ExplainingKit } from '#plugin/explaining';
import { EXPLANATION_VERSION, type ExplanationRecord, type RecordedExplainer } from '#report/explanation';
import type { DataCard } from '#report/report';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { releaseInputs } from '../inputs.js';
import { versions } from '../opening.js';
import type { PlanOptions } from '../types.js';
import { commandOf } from './command.js';
import { decisionOf, type ExplainEvent } from './decision.js';
import type { Files } from './drawings.js';
import { writeFolder } from '../new-folder.js';
import { modelOf } from './model.js';
import { openForExplaining, type OpenedTarget } from './open.js';
import { readSample, type SampleRequest } from './sample.js';
import { requireOptions } from './schedule.js';

/** What a page is made of. */
export interface PageInput {
  readonly record: ExplanationRecord;
  /** A file below the folder of the explanation; null where there is none. */
  readonly readFile: (path: string) => Uint8Array | null;
}

export interface ExplainingOptions extends Pick<PlanOptions, 'only' | 'sample' | 'seed' | 'device'> {
  /** Null: the model as a whole. */
  readonly request: SampleRequest | null;
  /** `predicted`, `true`, the name of a label or an index. Default: predicted. */
  readonly score?: string;
  readonly signal: AbortSignal;
  readonly on: (event: ExplainEvent) => void;
  readonly page: (input: PageInput) => string;
}

export interface Explanation {
  readonly folder: string;
  readonly record: ExplanationRecord;
  /** Absolute. */
  readonly files: readonly string[];
  /** 2 where an explainer ended in an error, or one that was named does not fit. */
  readonly exitCode: ExitCode;
}

/**
 * Explains one score of one sample by every explainer that fits, and writes the record, its arrays and pictures, and the
 * page. An explainer that fails is shown with its sentence, and the others go on.
 *
 * @throws AssayError of exit code 4 for bad input, before anything is explained; `interrupted`; `output`
 */
export async function explainTarget(
  loaded: LoadedConfig,
  kit: ExplainingKit,
  options: ExplainingOptions,
): Promise<Explanation> {
  const started = new Date();
  const { config, file, digest } = loaded;
  const seed = options.seed ?? config.seed;
  const { request } = options;
  requireOptions(kit, loaded);
  const opened = await openForExplaining(loaded, options, request === null ? 'model' : 'decision');
  try {
    const files: Files = new Map();
    const { decision, model, data, seconds }: Explained =
      request === null
        ? { decision: null, ...(await modelOf(loaded, kit, opened, { ...options, seed })) }
        : await ofSample(loaded, kit, opened, files, { ...options, request, seed });
    const explainers = decision?.explainers ?? model?.explainers ?? [];
    const exitCode = exitCodeFor(explainers, [...(options.only ?? []), ...Object.keys(config.explain)]);
    const record: ExplanationRecord = {
      version: EXPLANATION_VERSION,
      tool: { name: 'assay', version: packageVersion() },
      command: commandOf(file, options),
      target: opened.card,
      data: [opened.data, ...data],
      seed,
      config: { file: basename(file), digest },
      versions: versions(),
      decision,
      model,
      exitCode,
    };
    const timings = { started: started.toISOString(), finished: new Date().toISOString(), seconds };
    return { ...write(config.out, record, timings, files, options), exitCode };
  } finally {
    releaseInputs({ test: opened.inputs.test?.stored ?? null, train: opened.inputs.train?.stored ?? null });
  }
}

/** @param named the explainers that somebody asked for by name */
function exitCodeFor(explainers: readonly RecordedExplainer[], named: readonly string[]): ExitCode {
  const isUndecided = explainers.some(
    ({ id, status }) => status === 'error' || (status === 'not-applicable' && named.includes(id)),
  );
  return isUndecided ? EXIT.undecided : EXIT.passed;
}

interface Explained extends Pick<ExplanationRecord, 'decision' | 'model'>, Pick<Timings, 'seconds'> {
  /** Beside the background. */
  readonly data: readonly DataCard[];
}

async function ofSample(
  loaded: LoadedConfig,
  kit: ExplainingKit,
  opened: OpenedTarget,
  files: Files,
  options: ExplainingOptions & { readonly request: SampleRequest; readonly seed: number | string },
): Promise<Explained> {
  const sample = await readSample(options.request, loaded.config.data.test, opened.facts, options.seed);
  return { ...(await decisionOf(loaded, kit, opened, sample, files, options)), model: null, data: [] };
}

interface Timings {
  readonly started: string;
  readonly finished: string;
  /** Of each explainer. */
  readonly seconds: Readonly<Record<string, number>>;
}

function write(
  out: string,
  record: ExplanationRecord,
  timings: Timings,
  files: Files,
  { page, on }: ExplainingOptions,
): Omit<Explanation, 'exitCode'> {
  const json = `${JSON.stringify(record, null, 2)}\n`;
  const html = page({ record, readFile: (path) => files.get(path) ?? null });
  const time = timings.started.slice(0, 19).replaceAll(':', '-');
  const name = `explain-${time}Z-${digestOfJson(record).slice(0, 8)}`;
  const folder = writeFolder(
    out,
    name,
    new Map<string, Uint8Array | string>([
      ...files,
      ['timings.json', `${JSON.stringify(timings, null, 2)}\n`],
      ['explanation.json', json],
      ['explanation.html', html],
    ]),
  );
  const written = ['explanation.html', 'explanation.json'].map((path) => join(folder, path));
  on({ kind: 'written', files: written });
  return { folder, record, files: written };
}
