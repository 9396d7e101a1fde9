import { AssayError } from '#base/errors';
import type { EngineSpec } from '../contract.js';
import { upgradeGraph } from './graph/upgrade.js';
import { mapTensors, repeated, samplesIn, type NamedTensors } from './inputs.js';
import { fileFeeds, Forward, largestDifference, type FileModel } from './model.js';
import { foldConstants } from './passes/constant-folding.js';
import { decompose } from './passes/decomposition/index.js';
import { freeBatch } from './passes/free-batch/free-batch.js';
import { straighten } from './passes/inlining/control-flow.js';
import { inlineFunctions } from './passes/inlining/functions.js';
import { prune } from './passes/prune.js';
import { traceGraph } from './tracing.js';

/** A model that may have been rewritten to take any batch, and one sentence about it where the file asks for a fixed one. */
export interface Batched {
  readonly file: FileModel;
  readonly note: string | null;
}

/** Samples on which a rewrite is proved: together against one batch of the file after another. */
const PROOF_SAMPLES = 8;
/** Relative to the largest output: kernels may sum in another order for another batch. */
const TOLERANCE = 1e-4;

/** Lets a model with a fixed batch take any, where its graph allows that; proved on real outputs. */
export async function batched(file: FileModel, spec: EngineSpec, probe: NamedTensors): Promise<Batched> {
  const { batch } = file;
  if (batch === 'dynamic' || file.alone !== null) return { file, note: file.alone };
  const fixed = (why: string): Batched => ({
    file,
    note: `the file asks for batches of ${batch}, and samples run in such batches: ${why}`,
  });
  try {
    const free = await rewritten(file, spec, probe, batch);
    // More than a batch, so that another number of samples is seen too.
    const count = Math.max(batch + 1, Math.min(samplesIn(probe), PROOF_SAMPLES));
    const few = mapTensors(probe, (tensor) => repeated(tensor, count));
    const difference = largestDifference((await outputs(free, spec, few)).data, (await outputs(file, spec, few)).data);
    if (!(difference <= TOLERANCE))
      return fixed(`rewritten for any batch its outputs differ by ${difference.toPrecision(2)}`);
    return {
      file: free,
      note: `the file asks for batches of ${batch}; it was rewritten to take any, with the same outputs on ${samplesIn(few)} samples`,
    };
  } catch (error) {
    if (error instanceof AssayError) return fixed(error.what);
    throw error;
  }
}

async function rewritten(file: FileModel, spec: EngineSpec, probe: NamedTensors, batch: number): Promise<FileModel> {
  const one = mapTensors(probe, (tensor) => repeated(tensor, batch));
  const feeds = fileFeeds(file, spec, one);
  const { graph } = await straighten(inlineFunctions(file.graph), [feeds]);
  const upgraded = prune(upgradeGraph(graph), [file.output]);
  const folded = await foldConstants(upgraded, [feeds]);
  const whole = decompose(folded, await traceGraph(folded, [feeds]));
  return { ...file, graph: freeBatch(whole, await traceGraph(whole, [feeds])), batch: 'dynamic' };
}

async function outputs(file: FileModel, spec: EngineSpec, samples: NamedTensors) {
  const forward = await Forward.open(file, spec);
  try {
    return await forward.raw(samples);
  } finally {
    await forward.dispose();
  }
}
