import { rowsOf, type Tensor } from '#base/tensor';
import type { Layer, Propagation } from '../../contract.js';
import { CompiledGradient } from '../compiled-gradient.js';
import type { NamedTensors } from '../inputs.js';
import { isReal, normalize, type FileModel } from '../model.js';
import { PIXELS } from '../passes/normalization.js';
import { prepareRewriting, type Preparation } from '../prepare.js';
import {
  BASELINES,
  givenBeside,
  inputsBeside,
  propagationGraph,
  startsNormalized,
  unitsOf,
  type PropagationForm,
} from './index.js';

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
  const prepared = await prepareRewriting(
    own,
    ({ graph, at, scores }) =>
      propagationGraph(graph, { input: isReal(input) ? PIXELS : input.name, at, scores, layers, units }, form),
    // A way has the gradients of the model itself; the others have rules for its nodes.
    form.kind === 'path' ? 'cheapest' : 'as-filed',
  );
  return CompiledGradient.compile(prepared, own.spec, own.file, { kind: 'score' });
}

/** Samples, and what a propagation takes beside them, on the scale on which the graph takes them. */
export function propagationInputs(
  { file, spec }: Preparation,
  inputs: NamedTensors,
  propagation: Propagation,
): NamedTensors {
  if (!startsNormalized(propagation)) return inputs;
  const { input } = file;
  const own = inputs.get(input.name);
  const given = new Map([...inputs, ...givenBeside(propagation, own)]);
  if (!isReal(input)) return given;
  for (const name of [input.name, BASELINES]) {
    const tensor = given.get(name);
    if (tensor !== undefined) given.set(name, normalize(tensor, spec.normalization));
  }
  return given;
}

/** Normalization in front of a graph would take a share of the relevance, so it is done before. */
function preparationFor(preparation: Preparation, form: PropagationForm): Preparation {
  if (!startsNormalized(form)) return preparation;
  const { file, spec, probe } = preparation;
  return {
    ...preparation,
    file: withInputsOf(form, file),
    spec: { ...spec, normalization: { axis: 0, mean: [0], std: [1] } },
    probe: propagationInputs(preparation, probe, probing(form, probe.get(file.input.name))),
  };
}

/** A propagation as shapes are traced by: from each sample to itself. */
function probing(form: PropagationForm, inputs: Tensor = { shape: [0], data: new Float32Array() }): Propagation {
  if (form.kind === 'deep-lift') return { kind: form.kind, baselines: inputs };
  if (form.kind === 'path') return { kind: form.kind, baselines: inputs, shares: new Float64Array(rowsOf(inputs)) };
  return form;
}

function withInputsOf(form: PropagationForm, file: FileModel): FileModel {
  const type = isReal(file.input) ? 'float32' : file.input.type;
  // The graph may have been rewritten to take any number of samples, unlike the file.
  const shape = file.graph.inputs.find(({ name }) => name === file.input.name)?.shape ?? null;
  const inputs = [...file.graph.inputs, ...inputsBeside(form, type, shape)];
  return { ...file, graph: { ...file.graph, inputs } };
}
