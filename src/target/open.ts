import { digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import {
  openOnnxModel,
  type Device,
  type EngineModel,
  type EngineTrainer,
  type LossSpec,
  type ModelBytes,
  type Resources,
  type TrainingOptions,
  type TrainingState,
} from '#engine/index';
import type { TargetCard } from '#report/report';
import { fileCards } from './cards.js';
import { declareTarget, type Declaration } from './declare.js';
import { channelAxis } from './domain.js';
import { scoreWidth } from './head.js';
import type { Capability, Gradient, QueryCount, Target, TrainableTarget, Trainer } from './target.js';

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
 * @throws AssayError `model`, `config` or `operator`
 */
export async function openTarget(
  config: TargetConfig,
  model: ModelBytes,
  probe: Tensor,
  resources: Resources,
  device: Device = 'cpu',
): Promise<OpenedTarget> {
  const declaration = await declareTarget(config, model);
  const target = await openDeclared(declaration, config, model, probe, { resources, device });
  return { target, card: cardOf(target, config, model, device) };
}

/** The digest of everything that decides what a target computes. */
export function targetDigest(declaration: Declaration, config: TargetConfig, model: ModelBytes): Digest {
  return digestOfJson({
    files: fileCards(model).map(({ name, sha256 }) => ({ name, sha256 })),
    output: config.output,
    domain: declaration.domain,
    head: declaration.head,
  });
}

async function openDeclared(
  declaration: Declaration,
  config: TargetConfig,
  model: ModelBytes,
  probe: Tensor,
  execution: { readonly resources: Resources; readonly device: Device },
): Promise<ModelTarget> {
  const { domain, head } = declaration;
  const engine = await openOnnxModel(model, {
    head: config.head,
    output: config.output ?? null,
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
    const retrained: ModelBytes = { main: model.main, files: new Map([[model.main, bytes]]) };
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
    const { noGradients, noTraining } = engine.facts;
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

  async trainer(options: TrainingOptions): Promise<Trainer> {
    return new ModelTrainer(await this.engine.trainer(options), this.reopen);
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}

class ModelTrainer implements Trainer {
  constructor(
    private readonly engine: EngineTrainer,
    private readonly reopen: (bytes: Uint8Array) => Promise<TrainableTarget>,
  ) {}

  step(inputs: Tensor, loss: LossSpec): Promise<number> {
    return this.engine.step(inputs, loss);
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

function cardOf(target: ModelTarget, config: TargetConfig, model: ModelBytes, device: Device): TargetCard {
  const { facts } = target.engine;
  const { domain, head } = target;
  return {
    name: target.name,
    digest: target.digest,
    engine: 'onnx',
    device,
    files: fileCards(model),
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
    capabilities: [...target.capabilities],
    missing: [...target.missing].map(([capability, because]) => ({ capability, because })),
    notes: [...facts.notes],
  };
}
