import { AssayError } from '#base/errors';
import type { EngineSpec } from '../contract.js';
import { markPreprocessor } from './graph/marks.js';
import { dependentsOf } from './graph/walk.js';
import type { NamedTensors } from './inputs.js';
import { fileFeeds, isReal, type FileModel } from './model.js';
import { executions, traceSamples } from './tracing.js';

/**
 * Marks the end of a preprocessor, so that the way back goes from there to the model's input as if everything between were
 * the identity: backward pass differentiable approximation (Athalye et al. 2018, arXiv:1802.00420, section 4.1). What the
 * graph computes stays the same.
 *
 * @param probe on which the value's shape is found
 * @throws AssayError `config` where no node gives the value, it does not lie between input and scores, or it has another
 *   shape than the input
 */
export async function withStraightThrough(
  file: FileModel,
  spec: EngineSpec,
  probe: NamedTensors,
): Promise<{ readonly file: FileModel; readonly note: string | null }> {
  const { straightThrough: value } = spec;
  if (value === undefined) return { file, note: null };
  await requirePreprocessor(file, spec, probe, value);
  return {
    file: { ...file, graph: markPreprocessor(file.graph, file.input.name, value) },
    note:
      `gradients pass from \`${value}\` to the input as if the preprocessor between them were the identity ` +
      '(backward pass differentiable approximation)',
  };
}

async function requirePreprocessor(file: FileModel, spec: EngineSpec, probe: NamedTensors, value: string) {
  const { graph, input, output } = file;
  const refuse = (what: string, mend?: string): never => {
    throw new AssayError('config', { where: file.name, what, ...(mend === undefined ? {} : { mend }) });
  };
  if (!isReal(input)) refuse(`the input \`${input.name}\` takes tokens, and a preprocessor of tokens has no gradient`);
  if (!graph.nodes.some(({ outputs }) => outputs.includes(value))) {
    refuse(`no node of the model gives \`${value}\`, which was declared as the output of its preprocessor`);
  }
  const isBetween =
    dependentsOf(graph.nodes, [input.name]).has(value) && dependentsOf(graph.nodes, [value]).has(output);
  if (!isBetween) refuse(`\`${value}\` does not lie between the input \`${input.name}\` and the scores`);
  const [few] = traceSamples(probe, file.batch);
  const found = (await executions(graph, [fileFeeds(file, spec, few)], [value]))[0].get(value);
  const wanted = few.get(input.name)?.shape ?? [];
  const given = found?.shape ?? [];
  if (found?.type !== input.type || given.length !== wanted.length || given.some((size, i) => size !== wanted[i])) {
    refuse(
      `\`${value}\` is ${found?.type ?? 'nothing'} of shape [${given.slice(1).join(', ')}] a sample, and the input ` +
        `${input.type} of [${wanted.slice(1).join(', ')}]: a gradient at the one cannot stand for one at the other`,
      'Name a value with the shape and type of the input.',
    );
  }
}
