import type { Tensor } from '#base/tensor';
import type { Layer, Propagation } from '../../contract.js';
import { CompiledGradient } from '../compiled-gradient.js';
import type { NamedTensors } from '../inputs.js';
import { isReal, normalize, type FileModel } from '../model.js';
import { PIXELS } from '../passes/normalization.js';
import { prepareRewriting, type Preparation } from '../prepare.js';
import { baselinesOf, BASELINES, propagationGraph, unitsOf, type PropagationForm } from './index.js';

/**
 * A propagation as a session, which takes {@link propagationInputs}.
 *
 * @throws AssayError `operator` naming the first node on the way that has no rule
 */
export async function compilePropagation(
  preparation: Preparation,
  form: PropagationForm,
  layers: readonly Layer[],
): Promise<CompiledGradient> {
  const own = preparationFor(preparation, form);
  const { input } = own.file;
  const units = unitsOf(preparation.file, preparation.spec);
  const prepared = await prepareRewriting(own, ({ graph, at, scores }) =>
    propagationGraph(graph, { input: isReal(input) ? PIXELS : input.name, at, scores, layers, units }, form),
  );
  return CompiledGradient.compile(prepared, own.spec, own.file, { kind: 'score' });
}

/** Samples, and baselines where there are some, on the scale on which the graph takes them. */
export function propagationInputs(
  { file, spec }: Preparation,
  inputs: NamedTensors,
  propagation: Propagation,
): NamedTensors {
  if (!startsNormalized(propagation)) return inputs;
  const { input } = file;
  const own = inputs.get(input.name);
  const baselines = baselinesOf(propagation, own);
  const scaled = (tensor: Tensor): Tensor => (isReal(input) ? normalize(tensor, spec.normalization) : tensor);
  return new Map([
    ...inputs,
    ...(own === undefined ? [] : [[input.name, scaled(own)] as const]),
    ...(baselines === null ? [] : [[BASELINES, scaled(baselines)] as const]),
  ]);
}

/** The signal of a gradient is told in the user's units; relevance and contributions are, whatever the scale of the input is. */
function startsNormalized({ kind }: Pick<PropagationForm, 'kind'>): boolean {
  return kind === 'lrp' || kind === 'deep-lift';
}

/** Normalization in front of a graph would take a share of the relevance, so it is done before. */
function preparationFor(preparation: Preparation, form: PropagationForm): Preparation {
  if (form.kind !== 'lrp' && form.kind !== 'deep-lift') return preparation;
  const { file, spec, probe } = preparation;
  const baselines = probe.get(file.input.name) ?? { shape: [0], data: new Float32Array() };
  return {
    ...preparation,
    file: form.kind === 'deep-lift' ? withBaselines(file) : file,
    spec: { ...spec, normalization: { axis: 0, mean: [0], std: [1] } },
    probe: propagationInputs(preparation, probe, form.kind === 'lrp' ? form : { kind: 'deep-lift', baselines }),
  };
}

function withBaselines(file: FileModel): FileModel {
  const type = isReal(file.input) ? 'float32' : file.input.type;
  // The graph may have been rewritten to take any number of samples, unlike the file.
  const shape = file.graph.inputs.find(({ name }) => name === file.input.name)?.shape ?? null;
  const inputs = [...file.graph.inputs, { name: BASELINES, type, shape }];
  return { ...file, graph: { ...file.graph, inputs } };
}
