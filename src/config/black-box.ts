import { Type } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const text = (description: string) => Type.String({ minLength: 1, description });
const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description });

const Request = Type.Object(
  {
    body: Type.Optional(
      oneOf(['json', 'float32', 'npy'], 'JSON by `template`, raw little-endian float32, or NPY. Default: json.'),
    ),
    template: Type.Optional(
      Type.Unknown({
        description:
          'The JSON body. The text {{inputs}} stands for the samples, {{input}} for one, {{count}} for their number and ' +
          '{{shape}} for [n, ...shape]; an object whose one key is {{each}} becomes a list with one entry a sample. ' +
          'Default: {"instances": "{{inputs}}"}.',
      }),
    ),
    encoding: Type.Optional(
      oneOf(
        ['nested', 'rows', 'flat', 'base64-float32', 'base64-png'],
        'How samples stand in the template: arrays in arrays, one flat list a sample, one flat list of all, or base64 of ' +
          'little-endian float32 or of a PNG of 8 bits a channel. Default: nested.',
      ),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'More headers. Secrets belong into `token`.' }),
    ),
  },
  closed,
);

const Response = Type.Object(
  {
    body: Type.Optional(oneOf(['json', 'float32', 'npy'], 'As in `request`. Default: json.')),
    path: Type.Optional(
      text(
        'Where the answers stand in the JSON: predictions, outputs[0].data, or results[*].label with [*] for the samples. ' +
          'Default: predictions.',
      ),
    ),
  },
  closed,
);

const Token = Type.Object(
  {
    env: text('The environment variable that holds it. It is never printed and never written.'),
    header: Type.Optional(text('Default: Authorization.')),
    scheme: Type.Optional(Type.String({ description: 'What stands in front of it. Default: Bearer; "" for nothing.' })),
  },
  closed,
);

const Traffic = Type.Object(
  {
    batch: Type.Optional(Type.Integer({ minimum: 1, description: 'Samples in one request. Default 32.' })),
    concurrency: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 256, description: 'Requests under way at a time. Default 4.' }),
    ),
    perSecond: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1000, description: 'Requests begun a second. Default: no limit.' }),
    ),
    retries: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, description: 'Further attempts of a request that failed. Default 8.' }),
    ),
    backoffSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 600,
        description: 'The wait before the first retry; it doubles with each, up to 30 seconds. Default 0.5.',
      }),
    ),
    requestSeconds: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description: 'Time limit of one attempt. Default 30.' }),
    ),
    totalSeconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 86_400,
        description: 'Time limit of a request with all its retries and waits. Default 600.',
      }),
    ),
    answerMiB: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1024, description: 'The largest answer that is read. Default 16.' }),
    ),
  },
  { ...closed, description: 'How an endpoint is asked. Nothing here changes a result.' },
);

/** What a target needs that is no file: an endpoint, or a module that exports `predict`. */
export const blackBox = {
  url: Type.Optional(text('An HTTP(S) endpoint, instead of `file`.')),
  module: Type.Optional(
    text('A module that exports `predict`, relative to this file, instead of `file`. It is code: see --allow-code.'),
  ),
  shape: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1 }), {
      minItems: 1,
      description: 'The shape of one sample as the endpoint or module takes it. A file says it itself.',
    }),
  ),
  outputs: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Scores of one sample. Not needed where `labels` names them all.' }),
  ),
  gives: Type.Optional(
    oneOf(
      ['logits', 'probabilities', 'values', 'labels'],
      'What an endpoint or module answers: scores, or labels only. A file is measured.',
    ),
  ),
  request: Type.Optional(Request),
  response: Type.Optional(Response),
  token: Type.Optional(Token),
  ca: Type.Optional(text('A PEM file with the certificate authorities to trust instead of those that Node brings.')),
  traffic: Type.Optional(Traffic),
  budget: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Rows that a run may ask an endpoint or module for. Never passed.' }),
  ),
};
