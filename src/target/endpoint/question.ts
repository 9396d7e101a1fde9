import { AssayError } from '#base/errors';
import { row, rowsOf, type Tensor } from '#base/tensor';
import type { EndpointConfig } from '#config/schema';
import { writeNpy } from '#data/write-npy';
import { isNeutral } from '../black-box/target.js';
import type { ContinuousDomain, ImageDomain } from '../domain.js';
import { pngOf } from './png.js';

type Request = NonNullable<EndpointConfig['request']>;
type Encoding = NonNullable<Request['encoding']>;

/** How samples become the body of a question. */
export interface Question {
  readonly contentType: string;
  /** Whether one question holds one sample only. */
  readonly isSingle: boolean;
  body(inputs: Tensor): Uint8Array;
}

const DEFAULT_TEMPLATE = { instances: '{{inputs}}' };

/** @throws AssayError `config` where template or encoding do not fit each other or the domain */
export function questionOf(request: Request = {}, domain: ContinuousDomain): Question {
  const { body = 'json', template = DEFAULT_TEMPLATE, encoding = 'nested' } = request;
  if (body !== 'json') {
    const isNpy = body === 'npy';
    return {
      contentType: isNpy ? 'application/x-npy' : 'application/octet-stream',
      isSingle: false,
      body: ({ shape, data }) => (isNpy ? writeNpy(shape, data) : littleEndian(data)),
    };
  }
  const encode = encoder(encoding, domain);
  const places = placesOf(template);
  if (!places.inputs && !places.input && !places.each) {
    throw new AssayError('config', {
      where: 'target.request.template',
      what: 'the template has no place for the samples',
      mend: 'Put the text "{{inputs}}" where they belong.',
    });
  }
  return {
    contentType: 'application/json',
    isSingle: places.input,
    body: (inputs) => Buffer.from(JSON.stringify(filled(template, inputs, encode))),
  };
}

/** What a template names; `input` outside of `{{each}}` makes each question one sample. */
function placesOf(template: unknown): { inputs: boolean; input: boolean; each: boolean } {
  const places = { inputs: false, input: false, each: false };
  const look = (value: unknown, isEach: boolean): void => {
    if (value === '{{inputs}}') places.inputs = true;
    if (value === '{{input}}') places[isEach ? 'each' : 'input'] = true;
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value)) look(part, isEach || key === EACH);
  };
  look(template, false);
  return places;
}

const EACH = '{{each}}';

function filled(template: unknown, inputs: Tensor, encode: Encode): unknown {
  if (typeof template === 'string') {
    switch (template) {
      case '{{inputs}}':
        return encode.all(inputs);
      case '{{input}}':
        return encode.one(row(inputs, 0), inputs.shape.slice(1));
      case '{{count}}':
        return rowsOf(inputs);
      case '{{shape}}':
        return inputs.shape;
      default:
        return template;
    }
  }
  if (Array.isArray(template)) return template.map((part) => filled(part, inputs, encode));
  if (typeof template !== 'object' || template === null) return template;
  if (EACH in template && Object.keys(template).length === 1) {
    return Array.from({ length: rowsOf(inputs) }, (_, i) =>
      filled(template[EACH], { shape: [1, ...inputs.shape.slice(1)], data: row(inputs, i) }, encode),
    );
  }
  return Object.fromEntries(Object.entries(template).map(([key, part]) => [key, filled(part, inputs, encode)]));
}

interface Encode {
  all(inputs: Tensor): unknown;
  one(sample: Float32Array, shape: readonly number[]): unknown;
}

function encoder(encoding: Encoding, domain: ContinuousDomain): Encode {
  const each = (one: Encode['one']): Encode => ({
    one,
    all: (inputs) => Array.from({ length: rowsOf(inputs) }, (_, i) => one(row(inputs, i), inputs.shape.slice(1))),
  });
  switch (encoding) {
    case 'nested':
      return each((sample, shape) => nested(sample, shape));
    case 'rows':
      return each((sample) => Array.from(sample));
    case 'flat':
      return { one: (sample) => Array.from(sample), all: ({ data }) => Array.from(data) };
    case 'base64-float32':
      return { one: (sample) => base64(littleEndian(sample)), all: ({ data }) => base64(littleEndian(data)) };
    case 'base64-png': {
      const image = requireImage(domain);
      return each((sample) => base64(pngOf(sample, image)));
    }
  }
}

function requireImage(domain: ContinuousDomain): ImageDomain {
  const refuse = (what: string) => new AssayError('config', { where: 'target.request.encoding', what });
  if (domain.kind !== 'image') throw refuse('only images can be sent as PNG, and `target.domain.kind` is "tabular"');
  if (!isNeutral(domain))
    throw refuse('a PNG holds values of `target.domain.range`, so `mean` and `std` cannot be applied');
  const channels = domain.layout === 'NCHW' ? domain.shape[0] : domain.shape[2];
  if (channels !== 1 && channels !== 3)
    throw refuse(`a PNG has 1 or 3 channels, and the samples have ${channels ?? 0}`);
  return domain;
}

function nested(values: Float32Array, shape: readonly number[]): unknown {
  const [size = 1, ...rest] = shape;
  if (rest.length === 0) return Array.from(values);
  const stride = values.length / size;
  return Array.from({ length: size }, (_, i) => nested(values.subarray(i * stride, (i + 1) * stride), rest));
}

function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * Float32Array.BYTES_PER_ELEMENT);
  values.forEach((value, i) => bytes.writeFloatLE(value, i * Float32Array.BYTES_PER_ELEMENT));
  return bytes;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}
