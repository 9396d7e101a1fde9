import { digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import {
  openOnnxModel,
  openTfjsModel,
  type Device,
  type EngineModel,
  type EngineSpec,
  type Layer,
  type LossSpec,
  type Normalization,
  type Propagation,
  type Resources,
  type TrainingOptions,
} from '#engine/index';
import type { TargetCard } from '#report/report';
import { firstDealings, openConfigured, type Dealings } from './black-box/configured.js';
import { isBlackBox } from './black-box/declare.js';
import { domainCard, modelCards } from './cards.js';
import { declareTarget, type Declaration, type FileDeclaration } from './declare.js';
import { channelAxis, isContinuous, type Domain } from './domain.js';
import { FORMAT_WORDS, type TargetModel } from './formats/prepare.js';
import { scoreWidth } from './head.js';
import { ModelTrainer, type Given } from './model-trainer.js';
import { preprocessorOf } from './preprocessing/declared.js';
import { preprocessorNote, withPreprocessor, type Preprocessor } from './preprocessing/preprocessed.js';
import { onTexts, type TextDeclaration } from './text/declare.js';
import { engineInputs } from './text/inputs.js';
import type {
  Capability,
  Gradient,
  Jacobian,
  LayeredTarget,
  LayerGradient,
  QueryCount,
  Relevance,
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

function givenFor(text: TextDeclaration | null): Given {
  if (text === null) return (inputs) => inputs;
  const padding = text.tokenizer.padding;
  return (inputs) => engineInputs(text.inputs, inputs, padding);
}

function normalizationOf(domain: Domain): Normalization {
  if (!isContinuous(domain)) return { axis: 0, mean: [0], std: [1] };
  return { axis: channelAxis(domain), mean: domain.mean, std: domain.std };
}

async function openDeclared(
  declaration: FileDeclaration,
  config: TargetConfig,
  model: TargetModel,
  probe: Tensor,
  execution: { readonly resources: Resources; readonly device: Device },
): Promise<ModelTarget> {
  const { domain, head, text } = declaration;
  const given = givenFor(text);
  const engine = await openEngine(model, {
    head: config.head,
    output: config.output ?? null,
    ...straightThroughOf(config),
    ...(text === null ? {} : { input: text.inputs.ids }),
    normalization: normalizationOf(domain),
    probe: given(probe),
    ...execution,
  }).catch((thrown: unknown) => {
    throw text === null ? thrown : onTexts(thrown, text, model.main);
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
  const digest = targetDigest(declaration, config, model);
  return new ModelTarget(digest, model.main, declaration, { engine, given, reopen });
}

/** A target whose model an engine executes. */
class ModelTarget implements TrainableTarget, LayeredTarget {
  readonly domain;
  readonly head;
  readonly labels;
  readonly capabilities: ReadonlySet<Capability>;
  readonly missing: ReadonlyMap<Capability, string>;
  readonly copies: readonly ModelTarget[];
  readonly structure: Structure;
  /** Of a target of texts, which is a `TextTarget`; null for others. */
  readonly tokenizer;
  readonly engine: EngineModel;

  constructor(
    readonly digest: Digest,
    readonly name: string,
    declaration: FileDeclaration,
    private readonly parts: {
      readonly engine: EngineModel;
      readonly given: Given;
      readonly reopen: (bytes: Uint8Array) => Promise<ModelTarget>;
    },
    readonly queries: QueryCount = { predictions: 0, gradients: 0 },
  ) {
    this.engine = parts.engine;
    this.copies = parts.engine.copies.map(
      (engine) => new ModelTarget(digest, name, declaration, { ...parts, engine }, queries),
    );
    this.tokenizer = declaration.tokenizer;
    this.domain = declaration.domain;
    this.head = declaration.head;
    this.labels = declaration.labels;
    const { noGradients, noTraining, blocked, random } = this.engine.facts;
    this.structure = { blocked, random };
    this.missing = new Map<Capability, string>([
      ...(noGradients === null ? [] : (['gradients', 'layers'] as const).map((each) => [each, noGradients] as const)),
      ...(noTraining === null ? [] : [['training', noTraining] as const]),
    ]);
    const possible: readonly Capability[] = ['labels', 'scores', 'gradients', 'layers', 'training'];
    this.capabilities = new Set(possible.filter((capability) => !this.missing.has(capability)));
  }

  predict(inputs: Tensor): Promise<Tensor> {
    this.queries.predictions += rowsOf(inputs);
    return this.engine.scores(this.parts.given(inputs));
  }

  gradient(inputs: Tensor, loss: LossSpec): Promise<Gradient> {
    this.queries.gradients += rowsOf(inputs);
    return this.engine.gradient(this.parts.given(inputs), loss);
  }

  jacobian(inputs: Tensor, indices: Float64Array): Promise<Jacobian> {
    this.queries.gradients += indices.length;
    return this.engine.jacobian(this.parts.given(inputs), indices);
  }

  layers(): Promise<readonly Layer[]> {
    return this.engine.layers();
  }

  atLayer(inputs: Tensor, loss: LossSpec, layer: string): Promise<LayerGradient> {
    this.queries.gradients += rowsOf(inputs);
    return this.engine.atLayer(this.parts.given(inputs), loss, layer);
  }

  propagate(inputs: Tensor, scores: Float64Array, propagation: Propagation): Promise<Relevance> {
    this.queries.gradients += rowsOf(inputs);
    return this.engine.propagate(this.parts.given(inputs), scores, propagation);
  }

  async trainer(options: TrainingOptions): Promise<Trainer> {
    const { engine, given, reopen } = this.parts;
    return new ModelTrainer(await engine.trainer(options), given, reopen);
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}

function cardOf(
  target: ModelTarget,
  { input, output, text }: FileDeclaration,
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
    domain: domainCard(domain),
    head: {
      kind: head.kind,
      outputs: facts.scoreWidth,
      scale: facts.scale,
      tolerance: config.head === 'regression' ? (config.tolerance ?? null) : null,
    },
    labels: target.labels === null ? null : [...target.labels],
    batch: facts.batch === 'dynamic' ? 'dynamic' : `fixed at ${facts.batch}`,
    ...capabilitiesOf(target),
    notes: [...(text?.notes ?? []), ...(model.source?.notes ?? []), ...facts.notes],
    format: FORMAT_WORDS[model.source?.format ?? 'onnx'],
    opset: (model.executed ?? 'onnx') === 'onnx' ? facts.opset : null,
    input,
    output,
  };
}
