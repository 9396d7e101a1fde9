import { Type, type Static } from '@sinclair/typebox';
import { nameOf, type Path, type Problem } from './place.js';

/** What stands in front of a model and has no gradient of use: see backward pass differentiable approximation. */
export const PreprocessorConfig = Type.Object(
  {
    output: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'The value of the model file where its preprocessor ends; it has the shape of the input.',
      }),
    ),
    module: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'A module that exports `apply(batch)`, which gives what the model file receives in the units of the data, and ' +
          'perhaps `backward(batch, gradient)`. Relative to this file. It is code: see --allow-code.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'A preprocessor without a gradient of use, as one that rounds or compresses: attacks by gradients go back through it ' +
      'as if it were the identity, or by `backward`. One of output and module.',
  },
);

export type PreprocessorConfig = Static<typeof PreprocessorConfig>;

/** What is wrong with a preprocessor as it is declared. */
export function preprocessorProblems(preprocessor: PreprocessorConfig | undefined): readonly Problem[] {
  if (preprocessor === undefined) return [];
  const path: Path = ['target', 'preprocessor'];
  const { output, module } = preprocessor;
  if ((output === undefined) !== (module === undefined)) return [];
  const found = output === undefined ? 'names nothing' : 'has both `output` and `module`';
  return [{ path, what: `${nameOf(path)} ${found}: give \`output\` where the model file holds it, else \`module\`` }];
}
