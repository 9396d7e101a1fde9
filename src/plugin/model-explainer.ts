import type { Static, TObject } from '@sinclair/typebox';
import { InputsConfig } from '#config/inputs-schema';
import type { Detail } from '#report/details';
import type { RandomStreams } from '#stats/random';
import type { SampleSource } from '#target/sample-source';
import type { Target } from '#target/target';
import type { Explainer } from './explainer.js';

/** How options name inputs: as `data.test` of a config does, but without truth. */
export { InputsConfig };

/** Inputs that the options of an explainer name. */
export interface NamedInputs {
  /** As a person calls them, such as `the concept "stripes"`. */
  readonly role: string;
  /** Paths in it are relative to the config. */
  readonly config: InputsConfig;
  /** How many are drawn at most where the config does not say. */
  readonly most: number;
}

export interface ModelExplainContext<Options> {
  readonly options: Options;
  readonly target: Target;
  /** Real inputs with their truth: of the training data where a config names them, else of the test data. */
  readonly background: SampleSource;
  /** Those that the options name, by the names that `inputs` gave them. Their truth is NaN. */
  readonly inputs: ReadonlyMap<string, SampleSource>;
  /** Keyed by the run's seed and the explainer's id. */
  readonly random: RandomStreams;
  /** Done and total, in any unit. */
  progress(done: number, total: number): void;
}

export interface ModelExplained {
  readonly details: readonly Detail[];
  /** One sentence each: what was found, and what it does not mean. */
  readonly statements: readonly string[];
}

/** A way to explain a model as a whole that has to be told what to look for: it runs where the config has its options. */
export interface ModelExplainer<Options extends TObject = TObject> extends Pick<
  Explainer<Options>,
  'id' | 'title' | 'description' | 'sources' | 'needs' | 'options' | 'appliesTo'
> {
  inputs(options: Static<Options>): ReadonlyMap<string, NamedInputs>;
  /** Before anything runs. @throws AssayError `config`, `usage` or `data` for what cannot be asked of this model */
  check(context: ModelExplainContext<Static<Options>>): Promise<void>;
  explain(context: ModelExplainContext<Static<Options>>): Promise<ModelExplained>;
}

/** Gives a plain object its type; options are those of its schema. */
export function defineModelExplainer<Options extends TObject>(
  explainer: ModelExplainer<Options>,
): ModelExplainer<Options> {
  return explainer;
}
