import { AssayError } from '#base/errors';
import type { AnswersConfig, EndpointConfig, ModuleConfig, TargetConfig } from '#config/schema';
import type { ContinuousDomain } from '../domain.js';
import { declarationOf, readLabels, type Declaration, type Meaning } from '../declare.js';

/** What a target that is no file says of itself, whatever executes it. */
export type BlackBoxConfig = EndpointConfig | ModuleConfig;

export function isBlackBox(config: TargetConfig): config is BlackBoxConfig {
  return config.file === undefined;
}

/** Everything in a config that declares a target by its answers. */
export type AnswersDeclaration = Meaning & AnswersConfig;

/**
 * Reads the declaration of a target of which nothing but answers is seen: all of it comes from the config.
 *
 * @param where names the target in messages
 * @throws AssayError `config` where it contradicts itself or leaves the number of scores open
 */
export async function declareAnswers(
  config: AnswersDeclaration,
  where: string,
): Promise<Declaration<ContinuousDomain>> {
  const { head, shape, gives, outputs } = config;
  const isRegression = head === 'regression';
  if (isRegression !== (gives === 'values')) {
    throw new AssayError('config', {
      where,
      what: `\`target.gives\` is "${gives}", and the head \`${head}\` ${isRegression ? 'gives "values"' : 'gives logits, probabilities or labels'}`,
    });
  }
  const { labels: _, ...rest } = config;
  const labels = await readLabels(config);
  const named = labels === null || isRegression ? null : labels.length;
  const scores = outputs ?? (head === 'binary' ? 1 : named);
  if (scores === null) {
    throw new AssayError('config', {
      where,
      what: 'the number of scores is not known',
      mend: 'Give `target.outputs`, or a label for each in `target.labels`.',
    });
  }
  const declared = { ...rest, ...(labels === null ? {} : { labels: [...labels] }) };
  return declarationOf(declared, { where, shape, scores });
}
