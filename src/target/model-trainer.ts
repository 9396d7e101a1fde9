import type { Tensor } from '#base/tensor';
import type { DescentStep, EngineInputs, EngineTrainer, LossSpec, Parameter, TrainingState } from '#engine/index';
import type { Gradient, TrainableTarget, Trainer } from './target.js';

/** What a model gets for inputs of a target: of texts ids, a mask and more by their names. */
export type Given = (inputs: Tensor) => EngineInputs;

/** Moves the weights of a copy of a target's model. */
export class ModelTrainer implements Trainer {
  readonly parameters: readonly Parameter[];

  constructor(
    private readonly engine: EngineTrainer,
    private readonly given: Given,
    private readonly reopen: (bytes: Uint8Array) => Promise<TrainableTarget>,
  ) {
    this.parameters = engine.parameters;
  }

  step(inputs: Tensor, loss: LossSpec): Promise<DescentStep> {
    return this.engine.step(this.given(inputs), loss);
  }

  trainingScores(inputs: Tensor): Promise<Tensor> {
    return this.engine.trainingScores(this.given(inputs));
  }

  observe(inputs: Tensor): Promise<void> {
    return this.engine.observe(this.given(inputs));
  }

  shift(changes: ReadonlyMap<string, Tensor>): void {
    this.engine.shift(changes);
  }

  weightGradients(inputs: Tensor, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    return this.engine.weightGradients(this.given(inputs), loss);
  }

  inputGradient(inputs: Tensor, loss: LossSpec): Promise<Gradient> {
    return this.engine.inputGradient(this.given(inputs), loss);
  }

  state(): TrainingState {
    return this.engine.state();
  }

  restore(state: TrainingState): void {
    this.engine.restore(state);
  }

  target(): Promise<TrainableTarget> {
    return this.reopen(this.engine.file());
  }

  file(): Uint8Array {
    return this.engine.file();
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}
