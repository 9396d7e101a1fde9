import { AssayError, messageOf } from '#base/errors';
import { rowRange, type Tensor } from '#base/tensor';
import type { GradientPlace } from '../contract.js';
import type { Substitute } from './autodiff/rule.js';
import { CompiledGradient } from './compiled-gradient.js';
import { describeNode } from './graph/describe.js';
import { withSeeds } from './graph/seeds.js';
import { fixedFrom } from './graph/shape.js';
import { mapTensors, samplesIn, type NamedTensors } from './inputs.js';
import { Forward, isReal, largestDifference, type FileModel } from './model.js';
import { prepareGraph, type Preparation, type PreparedGraph } from './prepare.js';
import { probabilitiesOf } from './scale.js';
import { structureOfFile } from './structure.js';

/** A gradient graph that was proved, or why there is none. */
export type Gradients =
  | { readonly prepared: PreparedGraph; readonly place: GradientPlace; readonly substitutes: readonly Substitute[] }
  | { readonly problem: string };

/** Builds the gradient graph and proves it on the probe; any reason not to trust it becomes a sentence. */
export async function tryGradients(preparation: Preparation, raw: Tensor): Promise<Gradients> {
  try {
    return await provenGradients(preparation, raw);
  } catch (error) {
    if (error instanceof AssayError) return { problem: messageOf(error).replace(/\.$/, '') };
    throw error;
  }
}

async function provenGradients(preparation: Preparation, raw: Tensor): Promise<Gradients> {
  const prepared = await prepareGraph(preparation, 'inference');
  if (structureOfFile(preparation.file).random.length > 0) return provenOnDraws(preparation, prepared);
  return proven(preparation, prepared, raw);
}

/** A model that draws random numbers is proved on draws that both graphs share, in one execution of each. */
async function provenOnDraws(preparation: Preparation, prepared: PreparedGraph): Promise<Gradients> {
  const rows = Math.min(prepared.rows, samplesIn(preparation.probe));
  const probe = mapTensors(preparation.probe, (tensor) => rowRange(tensor, 0, rows));
  const file = { ...preparation.file, graph: withSeeds(preparation.file.graph) };
  const forward = await Forward.open(file, preparation.spec);
  try {
    const seeded = { ...prepared, graph: withSeeds(prepared.graph) };
    const found = await proven({ ...preparation, file, probe }, seeded, await forward.raw(probe));
    return 'prepared' in found ? { ...found, prepared } : found;
  } finally {
    await forward.dispose();
  }
}

/** @param raw outputs of the file on the probe */
async function proven(preparation: Preparation, prepared: PreparedGraph, raw: Tensor): Promise<Gradients> {
  const { file, spec, probe, head } = preparation;
  const compiled = await CompiledGradient.compile(prepared, spec, file, { kind: 'score' });
  try {
    const { substitutes } = compiled;
    if (!compiled.reaches) return { problem: whyUnreached(substitutes) };
    const place = placeOf(prepared, file, probe);
    const labels = new Float64Array(samplesIn(probe));
    const { scores } = await compiled.run(probe, { kind: 'score', labels }, place.shape);
    const outputs = head.scale === 'probabilities' ? probabilitiesOf(spec.head, scores) : scores.data;
    const difference = largestDifference(outputs, raw.data);
    const rounds = substitutes.some(({ kind }) => kind === 'straight-through');
    if (difference <= (rounds ? ROUNDING_TOLERANCE : PROOF_TOLERANCE)) return { prepared, place, substitutes };
    return {
      problem: `its gradient graph gives scores that differ from the model's by ${difference.toPrecision(2)}`,
    };
  } finally {
    await compiled.dispose();
  }
}

function whyUnreached(substitutes: readonly Substitute[]): string {
  const step = substitutes.find(({ kind }) => kind === 'zero');
  if (step === undefined) return 'the scores do not depend on the input in a way that has a derivative';
  return `${describeNode(step.node)} is a step function, and no gradient passes it`;
}

function placeOf(prepared: PreparedGraph, file: FileModel, probe: NamedTensors): GradientPlace {
  if (isReal(file.input)) {
    const { name } = file.input;
    return { kind: 'input', value: name, shape: probe.get(name)?.shape.slice(1) ?? [] };
  }
  const shape = fixedFrom(prepared.trace.get(prepared.at)?.shape ?? [], 1) ?? [];
  return { kind: 'embedding', value: prepared.at, shape };
}

/** Relative to the largest score; float32 rounding of deep networks stays below a tenth of it. */
const PROOF_TOLERANCE = 1e-3;

/** Real sums that are rounded to integers may fall on the other side of a half, and a step of a quantizer is 1 / 255. */
const ROUNDING_TOLERANCE = 0.1;

/** One sentence for each kind of node through which something else than its derivative is taken. */
export function notesOn(substitutes: readonly Substitute[]): string[] {
  const of = (kind: Substitute['kind']): Substitute[] => substitutes.filter((each) => each.kind === kind);
  const [step] = of('zero');
  const quantizers = of('straight-through').length;
  return [
    ...(step === undefined
      ? []
      : [`gradients stop at ${describeNode(step.node)}, which is a step function, and take other ways around it`]),
    ...(quantizers === 0
      ? []
      : [
          `gradients pass straight through ${quantizers} quantizers, as if they did not round (straight-through estimator)`,
        ]),
  ];
}
