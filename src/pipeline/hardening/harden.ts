import { join } from 'node:path';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import type { BaselineText, LoadedConfig } from '#config/loaded';
import { nameIn } from '#config/document/find';
import type { Reporter } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { HardeningRecord } from '#report/hardening';
import { writeAtomically } from '../atomic.js';
import { blessRun } from '../baseline/bless.js';
import { releaseInputs } from '../inputs.js';
import { planRun } from '../plan.js';
import { executeRun } from '../run.js';
import { hasPlan } from '../run-folder.js';
import { EXIT, strongestOf, type ExitCode } from '../exit-codes.js';
import type { PlannedRun, PlanOptions, RunEvent, RunResult } from '../types.js';
import { commandOf, resumeCommandOf, underWay } from './command.js';
import { trainedIn } from './evidence.js';
import { beginFolder, chooseFolder, identityDigest, RECORD } from './folder.js';
import { writeNewModel } from './new-model.js';
import { recipeOf, TRAINING, type ChosenRecipe, type RecipeChoice } from './recipe.js';
import { recordOf } from './record.js';
import { afterStage, beforeStage, comparedAudits, STAGES, trainingStage, type Compared, type Stage } from './stages.js';

/** What a hardening tells whoever listens: its stages, and the events of the run of each. */
export type HardenEvent =
  | { readonly kind: 'stage-started'; readonly stage: Stage; readonly position: number; readonly total: number }
  /** What the config did not ask for. */
  | { readonly kind: 'attacks-added'; readonly audits: readonly string[]; readonly recipe: JsonObject }
  | RunEvent;

export interface HardeningOptions extends RecipeChoice, Pick<PlanOptions, 'only' | 'sample' | 'seed' | 'device'> {
  /** `false`, `latest` (the newest unfinished hardening of the same config and recipe) or a folder, absolute. */
  readonly resume: false | 'latest' | string;
  /** What the path of a recipe is relative to. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly on: (event: HardenEvent) => void;
  readonly reporters: readonly Reporter[];
}

export interface Hardened {
  readonly folder: string;
  /** The new model: its file, or its folder. */
  readonly model: string;
  readonly record: HardeningRecord;
  readonly runs: Readonly<Record<Stage, RunResult>>;
  /** The strongest of the training's and of the audit after it; the audit before decides nothing. */
  readonly exitCode: ExitCode;
}

/**
 * Audits a model, trains a copy of it by a recipe, and audits the copy by the same audits on the same samples, held against
 * what they found before. Each of the three is a run of its own, which a kill does not lose: `resume` goes on from there to
 * the same model.
 *
 * @throws AssayError of exit code 4 for a bad config or recipe, and for what cannot be trained, before anything ran;
 *   `interrupted` and `run` with the command that goes on, once a run is under way
 */
export async function hardenTarget(
  loaded: LoadedConfig,
  registry: Registry,
  options: HardeningOptions,
): Promise<Hardened> {
  const recipe = await recipeOf(loaded, registry.get(TRAINING), options, options.cwd);
  const hardening = new Hardening(loaded, registry, options, recipe);
  return hardening.run();
}

function fileOf({ config: { target } }: LoadedConfig): string {
  if (target?.file === undefined) throw new RangeError('only what has a file is trained');
  return target.file;
}

class Hardening {
  /** What went wrong beside the runs. */
  readonly #codes: ExitCode[] = [];

  constructor(
    private readonly loaded: LoadedConfig,
    private readonly registry: Registry,
    private readonly options: HardeningOptions,
    private readonly recipe: ChosenRecipe,
  ) {}

  async run(): Promise<Hardened> {
    const { compared, recipe } = await this.#look();
    const digest = identityDigest({
      ...{ config: this.loaded.digest, recipe, audits: compared.audits },
      seed: this.options.seed ?? this.loaded.config.seed,
      sample: this.options.sample ?? null,
      device: this.options.device ?? this.loaded.config.device,
    });
    const folder = chooseFolder(this.loaded.config.out, digest, this.options.resume, new Date());
    if (compared.added.length > 0) this.#emit({ kind: 'attacks-added', audits: compared.added, recipe });
    try {
      return await this.#stages(folder, compared, () => beginFolder(folder, digest, new Date()));
    } catch (thrown) {
      throw underWay(thrown, folder, resumeCommandOf(this.loaded.file, this.options, folder));
    }
  }

  /** What has to be known before anything runs: whether the target can be trained, and the recipe with its defaults. */
  async #look(): Promise<{ readonly compared: Compared; readonly recipe: JsonObject }> {
    const { inputs, plan } = await this.#plan(trainingStage(this.loaded, this.recipe), false);
    releaseInputs(inputs);
    const [cell] = plan.cells;
    if (cell === undefined || inputs.target === null || cell.fate.kind !== 'run') {
      throw new AssayError('usage', {
        where: nameIn(process.cwd(), this.loaded.file),
        what: 'this cannot be hardened',
        mend: cell?.fate.kind === 'run' || cell === undefined ? '`target` is missing.' : cell.fate.because,
      });
    }
    const { only } = this.options;
    const compared = comparedAudits(this.loaded, this.registry, only, cell.options, inputs.target.facts);
    return { compared, recipe: cell.options };
  }

  async #stages(folder: string, { audits }: Compared, begin: () => void): Promise<Hardened> {
    const { loaded, registry } = this;
    const before = await this.#stage('before', beforeStage(loaded, registry, audits), folder, begin);
    const baseline = this.#bless(before.folder);
    const training = await this.#stage('training', trainingStage(loaded, this.recipe), folder);
    const trained = trainedIn(training.folder);
    const model = await writeNewModel(folder, fileOf(loaded), training.report.target, trained.file);
    const file = join(folder, model.file);
    const after = await this.#stage('after', afterStage(loaded, registry, audits, { file, baseline }), folder);
    const runs = { before, training, after };
    const record = recordOf({ runs, trained: trained.data, model, command: this.#command() });
    writeAtomically(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
    return {
      folder,
      model: file,
      record,
      runs,
      exitCode: strongestOf([training.exitCode, after.exitCode, ...this.#codes]),
    };
  }

  /** What the new model is held against. A cell that ended in an error could not be, and is tried again by a resume. */
  #bless(runFolder: string): BaselineText {
    try {
      const { text } = blessRun(runFolder, this.registry);
      return { file: 'before.json', text };
    } catch (thrown) {
      if (!(thrown instanceof AssayError)) throw thrown;
      throw new AssayError('run', {
        where: runFolder,
        what: `the model before has nothing that the new one could be held against: ${thrown.what}`,
        cause: thrown,
      });
    }
  }

  /** @param begin what is done once the stage is planned, and nothing was wrong with it */
  async #stage(stage: Stage, config: LoadedConfig, folder: string, begin = (): void => undefined): Promise<RunResult> {
    const { signal, reporters } = this.options;
    this.#emit({ kind: 'stage-started', stage, position: STAGES.indexOf(stage) + 1, total: STAGES.length });
    const runFolder = join(folder, stage);
    const planned = await this.#plan(config, hasPlan(runFolder) ? runFolder : false);
    begin();
    const on = (event: RunEvent): void => this.#emit(event);
    return executeRun(planned, { resume: false, folder: runFolder, signal, on, reporters });
  }

  #plan(config: LoadedConfig, resume: false | string): Promise<PlannedRun> {
    const { sample, seed, device, signal } = this.options;
    return planRun(config, this.registry, {
      ...(sample === undefined ? {} : { sample }),
      ...(seed === undefined ? {} : { seed }),
      ...(device === undefined ? {} : { device }),
      ...{ resume, signal, command: this.#command() },
    });
  }

  #command(): string {
    return commandOf(this.loaded.file, this.options);
  }

  /** A listener that throws never ends a hardening; that it did is not hidden either. */
  #emit(event: HardenEvent): void {
    try {
      this.options.on(event);
    } catch {
      this.#codes.push(EXIT.undecided);
    }
  }
}
