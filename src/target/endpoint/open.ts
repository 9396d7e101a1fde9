import type { Tensor } from '#base/tensor';
import type { EndpointConfig } from '#config/schema';
import { declareAnswers } from '../black-box/declare.js';
import { openBlackBox, type Answered, type OpenedBlackBox } from '../black-box/open.js';
import type { Purse } from '../black-box/purse.js';
import { readAnswers } from '../black-box/scores.js';
import type { ContinuousDomain } from '../domain.js';
import type { Capability } from '../target.js';
import { parseAnswerPath } from './answer-path.js';
import { questionOf } from './question.js';
import { endpointName, endpointSource } from './source.js';

/**
 * Opens an HTTP(S) endpoint.
 *
 * @param ca the PEM of `target.ca`
 * @throws AssayError `model` where it gives no answers that can be used, `config`, `budget`
 */
export async function openEndpoint(
  config: EndpointConfig,
  ca: string | undefined,
  probe: Tensor,
  purse: Purse,
  before: Answered | null,
): Promise<OpenedBlackBox> {
  const name = endpointName(config);
  const declaration = await declareAnswers(config, name);
  const traffic = { requests: 0, retried: 0 };
  const read = readAnswers(declaration, config.gives);
  const source = await endpointSource(config, declaration.domain, read, ca, traffic);
  const { url, request, response, gives } = config;
  return openBlackBox(
    {
      name,
      engine: 'http',
      device: 'endpoint',
      files: [],
      declaration,
      gives,
      identity: { url, request, response, ...(gives === 'labels' ? { labels: declaration.labels } : {}) },
      source,
      purse,
      traffic,
      missing: missingOf(gives),
      notes: notesOf(config, declaration.domain),
    },
    probe,
    before,
  );
}

/** Whatever of a config can be found wrong without asking anything. @throws AssayError `config` */
export async function checkEndpoint(config: EndpointConfig): Promise<void> {
  const { domain } = await declareAnswers(config, endpointName(config));
  questionOf(config.request, domain);
  parseAnswerPath(config.response?.path ?? '.');
}

function missingOf(gives: EndpointConfig['gives']): ReadonlyMap<Capability, string> {
  return new Map([
    ...(gives === 'labels'
      ? [['scores', 'this endpoint gives labels only; let it give probabilities and set `target.gives`'] as const]
      : []),
    ['gradients', 'an endpoint gives answers and no gradients; audit the model file itself, as `target.file`'],
    ['layers', 'an endpoint shows none of its layers'],
    ['training', 'an endpoint cannot be trained; audit the model file itself, as `target.file`'],
  ]);
}

function notesOf({ request }: EndpointConfig, domain: ContinuousDomain): string[] {
  if (request?.encoding !== 'base64-png') return [];
  const [low, high] = domain.range;
  const step = Number(((high - low) / 255).toPrecision(3));
  return [`Inputs are sent as pictures of 8 bits a channel: what the model sees is rounded to steps of ${step}.`];
}
