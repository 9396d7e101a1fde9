import { digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import {
  openOnnxModel,
  openTfjsModel,
  type DescentStep,
  type Device,
  type EngineModel,
  type EngineSpec,
  type EngineTrainer,
  type LossSpec,
  type Parameter,
  type Resources,
  type TrainingOptions,
  type TrainingState,
} from '#engine/index';
import type { TargetCard } from '#report/report';
import { firstDealings, openConfigured, type Dealings } from './black-box/configured.js';
import { isBlackBox } from './black-box/declare.js';
import { modelCards } from './cards.js';
import { declareTarget, type Declaration, type FileDeclaration } from './declare.js';
import { channelAxis } from './domain.js';
import { FORMAT_WORDS, type TargetModel } from './formats/prepare.js';
import { scoreWidth } from './head.js';
import { preprocessorOf } from './preprocessing/declared.js';
import { preprocessorNote, withPreprocessor, type Preprocessor } from './preprocessing/preprocessed.js';
import type {
  Capability,
  Gradient,
  Jacobian,
  QueryCount,
  Structure,
  Target,
  TrainableTarget,
  Trainer,
} from './target.js';

export interface OpenedTarget {
  readonly target: Target;
  readonly card: TargetCard;
}

/**
 * Opens the model under audit.
 *
 * @param config with absolute paths
 * @param probe up to 64 real samples: the output scale is told and rewrites are proved on them
 * @param device one that works, as `resolveDevice` gives it
 * @param dealings what a run knows of an endpoint or module
 * @throws AssayError `model`, `config`, `operator` or `budget`
 */
export async function openTarget(
  config: TargetConfig,
  model: TargetModel,
  probe: Tensor,
  resources: Resources,
  device: Device = 'cpu',
  dealings?: Dealings,
): Promise<OpenedTarget> {
  if (isBlackBox(config)) {
    return openConfigured(config, model, probe, resources.batchSize, dealings ?? firstDealings(config));
  }
  const declaration = await declareTarget(config, model);
  const target = await openDeclared(declaration, config, model, probe, { resources, device });
  const opened = { target, card: cardOf(target, declaration, { config, model, device }) };
  const preprocessor = await preprocessorOf(config.preprocessor);
  return preprocessor === null ? opened : behind(preprocessor, opened);
}

function behind(preprocessor: Preprocessor, { target: bare, card }: OpenedTarget): OpenedTarget {
  const target = withPreprocessor(bare, preprocessor);
  const { digest } = target;
  const notes = [...card.notes, preprocessorNote(preprocessor)];
  return { target, card: { ...card, ...capabilitiesOf(target), digest, notes } };
}

function capabilitiesOf({ capabilities, missing }: Target): Pick<TargetCard, 'capabilities' | 'missing'> {
  return {
    capabilities: [...capabilities],
    missing: [...missing].map(([capability, because]) => ({ capability, because })),
  };
}

/** The digest of everything that decides what a target computes. */
export function targetDigest(declaration: Declaration, config: TargetConfig, model: TargetModel): Digest {
  return digestOfJson({
    files: modelCards(model).map(({ name, sha256 }) => ({ name, sha256 })),
    output: config.output,
    ...straightThroughOf(config),
    domain: declaration.domain,
    head: declaration.head,
  });
}

function openEngine(model: TargetModel, spec: EngineSpec): Promise<EngineModel> {
  return model.engine === 'tfjs' ? openTfjsModel(model, spec) : openOnnxModel(model, spec);
}

/** Where the file's own preprocessor ends, in the words of engines. */
function straightThroughOf({ preprocessor }: TargetConfig): Pick<EngineSpec, 'straightThrough'> {
  return preprocessor?.output === undefined ? {} : { straightThrough: preprocessor.output };
}

async function openDeclared(
  declaration: Declaration,
  config: TargetConfig,
  model: TargetModel,
  probe: Tensor,
  execution: { readonly resources: Resources; readonly device: Device },
): Promise<ModelTarget> {
  const { domain, head } = declaration;
  const engine = await openEngine(model, {
    head: config.head,
    output: config.output ?? null,
    ...straightThroughOf(config),
    normalization: { axis: channelAxis(domain), mean: domain.mean, std: domain.std },
    probe,
    ...execution,
  });
  const wanted = scoreWidth(head);
  if (engine.facts.scoreWidth !== wanted) {
    await engine.dispose();
    throw new AssayError('model', {
      where: model.main,
      what: `the model declares ${wanted} scores a sample and gives ${engine.facts.scoreWidth}`,
    });
  }
  const reopen = (bytes: Uint8Array): Promise<ModelTarget> => {
    const { main, engine = 'onnx' } = model;
    const retrained: TargetModel = { main, files: new Map([[main, bytes]]), engine };
    return openDeclared(declaration, config, retrained, probe, execution);
  };
  return new ModelTarget(targetDigest(declaration, config, model), model.main, declaration, engine, reopen);
}

/** A target whose model an engine executes. */
class ModelTarget implements TrainableTarget {
  readonly domain;
  readonly head;
  readonly labels;
  readonly capabilities: ReadonlySet<Capability>;
  readonly missing: ReadonlyMap<Capability, string>;
  readonly queries: QueryCount = { predictions: 0, gradients: 0 };
  readonly structure: Structure;

  constructor(
    readonly digest: Digest,
    readonly name: string,
    declaration: Declaration,
    readonly engine: EngineModel,
    private readonly reopen: (bytes: Uint8Array) => Promise<ModelTarget>,
  ) {
    this.domain = declaration.domain;
    this.head = declaration.head;
    this.labels = declaration.labels;
    const { noGradients, noTraining, blocked, random } = engine.facts;
    this.structure = { blocked, random };
    this.missing = new Map<Capability, string>([
      ...(noGradients === null ? [] : [['gradients', noGradients] as const]),
      ...(noTraining === null ? [] : [['training', noTraining] as const]),
    ]);
    const possible: readonly Capability[] = ['labels', 'scores', 'gradients', 'training'];
    this.capabilities = new Set(possible.filter((capability) => !this.missing.has(capability)));
  }

  predict(inputs: Tensor): Promise<Tensor> {
    this.queries.predictions += rowsOf(inputs);
    return this.engine.scores(inputs);
  }

  gradient(inputs: Tensor, loss: LossSpec): Promise<Gradient> {
    this.queries.gradients += rowsOf(inputs);
    return this.engine.gradient(inputs, loss);
  }

  jacobian(inputs: Tensor, indices: Float64Array): Promise<Jacobian> {
    this.queries.gradients += indices.length;
    return this.engine.jacobian(inputs, indices);
  }

  async trainer(options: TrainingOptions): Promise<Trainer> {
    return new ModelTrainer(await this.engine.trainer(options), this.reopen);
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}

class ModelTrainer implements Trainer {
  readonly parameters: readonly Parameter[];

  constructor(
    private readonly engine: EngineTrainer,
    private readonly reopen: (bytes: Uint8Array) => Promise<TrainableTarget>,
  ) {
    this.parameters = engine.parameters;
  }

  step(inputs: Tensor, loss: LossSpec): Promise<DescentStep> {
    return this.engine.step(inputs, loss);
  }

  trainingScores(inputs: Tensor): Promise<Tensor> {
    return this.engine.trainingScores(inputs);
  }

  observe(inputs: Tensor): Promise<void> {
    return this.engine.observe(inputs);
  }

  shift(changes: ReadonlyMap<string, Tensor>): void {
    this.engine.shift(changes);
  }

  weightGradients(inputs: Tensor, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    return this.engine.weightGradients(inputs, loss);
  }

  inputGradient(inputs: Tensor, loss: LossSpec): Promise<Gradient> {
    return this.engine.inputGradient(inputs, loss);
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

function cardOf(
  target: ModelTarget,
  { input, output }: FileDeclaration,
  { config, model, device }: { readonly config: TargetConfig; readonly model: TargetModel; readonly device: Device },
): TargetCard {
  const { facts } = target.engine;
  const { domain, head } = target;
  return {
    name: target.name,
    digest: target.digest,
    engine: model.engine ?? 'onnx',
    device,
    files: modelCards(model),
    domain: {
      kind: domain.kind,
      shape: [...domain.shape],
      range: [...domain.range],
      layout: domain.kind === 'image' ? domain.layout : null,
      mean: [...domain.mean],
      std: [...domain.std],
    },
    head: {
      kind: head.kind,
      outputs: facts.scoreWidth,
      scale: facts.scale,
      tolerance: config.head === 'regression' ? (config.tolerance ?? null) : null,
    },
    labels: target.labels === null ? null : [...target.labels],
    batch: facts.batch === 'dynamic' ? 'dynamic' : `fixed at ${facts.batch}`,
    ...capabilitiesOf(target),
    notes: [...(model.source?.notes ?? []), ...facts.notes],
    format: FORMAT_WORDS[model.source?.format ?? 'onnx'],
    opset: (model.executed ?? 'onnx') === 'onnx' ? facts.opset : null,
    input,
    output,
  };
}
