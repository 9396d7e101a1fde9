import { AssayError } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type { EndpointConfig } from '#config/schema';
import { readNpy } from '#data/npy';
import { writeNpy } from '#data/write-npy';
import { PNG } from 'pngjs';
import { purseOf } from '../black-box/purse.js';
import type { BlackBoxTarget } from '../black-box/target.js';
import { openEndpoint } from './open.js';
import { retryAfter } from './reply.js';
import { sendJson, serve, type Reply, type TestServer } from './testing/server.js';

// A linear model of two features and three classes behind HTTP: everything that it answers has a closed form.

const WEIGHTS = [
  [1, 0],
  [0, 1],
  [-1, -1],
] as const;

const scoresOf = (sample: readonly number[]): number[] =>
  WEIGHTS.map((weights) => weights.reduce<number>((sum, weight, i) => sum + weight * (sample[i] ?? NaN), 0));
const softmaxOf = (scores: readonly number[]): number[] => {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return scores.map((score) => Math.exp(score) / total);
};
const samplesOf = (body: Buffer): number[][] => (JSON.parse(body.toString()) as { instances: number[][] }).instances;

/** Exact in float32. */
const probe: Tensor = { shape: [4, 2], data: Float32Array.of(0.25, 0.5, 1, 0, 0.125, 0.75, 0.5, 0.5) };
const wanted = [0.25, 0.5, -0.75, 1, 0, -1, 0.125, 0.75, -0.875, 0.5, 0.5, -1];

const base = {
  head: 'classes',
  outputs: 3,
  shape: [2],
  gives: 'logits',
  domain: { kind: 'tabular', range: [0, 1] },
} as const;
const quick = { backoffSeconds: 0.001, requestSeconds: 5, totalSeconds: 20 };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listening(reply: Reply): Promise<TestServer> {
  const server = await serve(reply);
  open.push(() => server.close());
  return server;
}

async function opened(url: string, parts: object = {}, budget?: number): Promise<BlackBoxTarget> {
  const config = { ...base, shape: [2], url, traffic: quick, ...parts } as unknown as EndpointConfig;
  const { target } = await openEndpoint(config, undefined, probe, purseOf(budget), null);
  open.push(() => target.dispose());
  return target;
}

const honest: Reply = ({ body }, response) => sendJson(response, { predictions: samplesOf(body).map(scoresOf) });

/** [n, 2] of values that are exact in JSON. */
function inputs(n: number): Tensor {
  return { shape: [n, 2], data: Float32Array.from({ length: 2 * n }, (_, i) => ((i * 37) % 64) / 64) };
}

const expected = ({ data }: Tensor): number[] =>
  Array.from({ length: data.length / 2 }, (_, i) => scoresOf([data[2 * i] ?? NaN, data[2 * i + 1] ?? NaN])).flat();

describe('answers', () => {
  test('are put in the order of the samples, whatever the batch and however many are asked at once', async () => {
    const x = inputs(100);
    const { url } = await listening(async (asked, response, place) => {
      await new Promise((resolve) => setTimeout(resolve, (place * 7) % 5));
      honest(asked, response, place) as undefined;
    });
    for (const [batch, concurrency] of [
      [1, 8],
      [7, 3],
      [32, 4],
      [256, 1],
    ]) {
      const target = await opened(url, { traffic: { ...quick, batch, concurrency } });
      expect([...(await target.predict(x)).data]).toEqual(expected(x));
    }
  });

  test('that are probabilities become logits, and what is none is refused', async () => {
    const give =
      (row: (scores: number[]) => number[]): Reply =>
      ({ body }, response) =>
        sendJson(response, { predictions: samplesOf(body).map((sample) => row(scoresOf(sample))) });
    const soft = await listening(give(softmaxOf));
    const target = await opened(soft.url, { gives: 'probabilities' });
    const { data } = await target.predict(probe);
    wanted.forEach((score, i) => {
      const start = 3 * Math.floor(i / 3);
      // Logarithms of a softmax are the scores but for one constant a sample; float32 rounds to 1e-7.
      expect((data[i] ?? NaN) - (data[start] ?? NaN)).toBeCloseTo(score - (wanted[start] ?? NaN), 5);
    });
    await expect(opened(soft.url)).rejects.toThrow(
      '`target.gives` is "logits", and the answers to 4 samples are probabilities',
    );
    const raw = await listening(honest);
    const refused = opened(raw.url, { gives: 'probabilities', traffic: { ...quick, retries: 0 } });
    await expect(refused).rejects.toThrow('score 2 of sample 0 is -0.75, and no probability');
    const half = await listening(give((scores) => softmaxOf(scores).map((p) => p / 2)));
    const sums = opened(half.url, { gives: 'probabilities', traffic: { ...quick, retries: 0 } });
    await expect(sums).rejects.toThrow('the probabilities of sample 0 sum to 0.5');
  });

  test('that are labels give scores whose largest is that label, and no capability `scores`', async () => {
    const names = ['red', 'green', 'blue'];
    const best = (sample: number[]) =>
      scoresOf(sample).reduce((k, score, i, all) => (score > (all[k] ?? NaN) ? i : k), 0);
    const { url } = await listening(({ body }, response) =>
      sendJson(response, { results: samplesOf(body).map((sample) => ({ label: names[best(sample)] })) }),
    );
    const target = await opened(url, {
      gives: 'labels',
      labels: names,
      response: { path: 'results[*].label' },
    });
    expect([...(await target.predict(probe)).data]).toEqual([0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0]);
    expect([...target.capabilities]).toEqual(['labels']);
    expect(target.missing.get('scores')).toContain('let it give probabilities');
    await expect(
      opened(url, {
        gives: 'labels',
        labels: ['a', 'b', 'c'],
        response: { path: 'results[*].label' },
        traffic: { ...quick, retries: 0 },
      }),
    ).rejects.toThrow('the label of sample 0 is a text, and not one of the 3 labels');
  });

  test('are found where the path says', async () => {
    const rows = (body: Buffer) => samplesOf(body).map(scoresOf);
    const shapes: [string, (body: Buffer) => unknown][] = [
      ['outputs[0].data', (body) => ({ outputs: [{ data: rows(body).flat() }] })],
      ['.', (body) => rows(body)],
      ['["a.b"].c[1]', (body) => ({ 'a.b': { c: [0, rows(body)] } })],
      ['results[*].scores[0]', (body) => ({ results: rows(body).map((row) => ({ scores: [row] })) })],
    ];
    for (const [path, answer] of shapes) {
      const { url } = await listening(({ body }, response) => sendJson(response, answer(body)));
      const target = await opened(url, { response: { path } });
      expect([...(await target.predict(probe)).data]).toEqual(wanted);
    }
  });

  test.each(['__proto__.x', 'constructor', 'length', 'predictions.length', 'predictions[9]'])(
    'are not looked for outside of what was sent: %s',
    async (path) => {
      const { url } = await listening(honest);
      await expect(opened(url, { response: { path }, traffic: { ...quick, retries: 0 } })).rejects.toThrow(
        'has nothing at',
      );
    },
  );

  test('in binary are read', async () => {
    const bytes = (values: number[]): Buffer => {
      const buffer = Buffer.alloc(4 * values.length);
      values.forEach((value, i) => buffer.writeFloatLE(value, 4 * i));
      return buffer;
    };
    const { url } = await listening(({ body, headers }, response) => {
      const isNpy = headers['content-type'] === 'application/x-npy';
      const values = isNpy
        ? Array.from(readNpy(body, 'x').data)
        : Array.from({ length: body.length / 4 }, (_, i) => body.readFloatLE(4 * i));
      const scores = Array.from({ length: values.length / 2 }, (_, i) => scoresOf(values.slice(2 * i, 2 * i + 2)));
      response.setHeader('content-type', 'application/octet-stream');
      response.end(isNpy ? writeNpy([scores.length, 3], Float64Array.from(scores.flat())) : bytes(scores.flat()));
    });
    for (const body of ['float32', 'npy'] as const) {
      const target = await opened(url, { request: { body }, response: { body } });
      expect([...(await target.predict(probe)).data]).toEqual(wanted);
    }
  });
});

describe('questions', () => {
  /** What one sample of each encoding looks like. */
  async function bodyOf(request: object, parts: object = {}): Promise<unknown> {
    let seen: unknown;
    const { url } = await listening(({ body }, response) => {
      seen = JSON.parse(body.toString());
      sendJson(response, { predictions: [[0, 0, 0]] });
    });
    const config = { ...base, url, traffic: { ...quick, retries: 0 }, request, ...parts } as unknown as EndpointConfig;
    const [, ...shape] = [1, ...config.shape];
    const one: Tensor = { shape: [1, ...shape], data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 4) };
    await (await openEndpoint(config, undefined, one, purseOf(undefined), null)).target.dispose();
    return seen;
  }

  const image = (layout: 'NCHW' | 'NHWC', shape: number[]) => ({
    shape,
    domain: { kind: 'image', layout, range: [0, 1] },
  });

  test('hold the samples as the encoding says', async () => {
    const grid = image('NCHW', [1, 2, 2]);
    expect(await bodyOf({}, grid)).toEqual({
      instances: [
        [
          [
            [0, 0.25],
            [0.5, 0.75],
          ],
        ],
      ],
    });
    expect(await bodyOf({ encoding: 'rows' }, grid)).toEqual({ instances: [[0, 0.25, 0.5, 0.75]] });
    const triton = {
      inputs: [{ name: 'x', shape: '{{shape}}', datatype: 'FP32', data: '{{inputs}}' }],
      count: '{{count}}',
    };
    expect(await bodyOf({ encoding: 'flat', template: triton }, grid)).toEqual({
      inputs: [{ name: 'x', shape: [1, 1, 2, 2], datatype: 'FP32', data: [0, 0.25, 0.5, 0.75] }],
      count: 1,
    });
    const float32 = Buffer.from(Float32Array.of(0, 0.25, 0.5, 0.75).buffer).toString('base64');
    expect(await bodyOf({ encoding: 'base64-float32', template: { b64: '{{inputs}}' } }, grid)).toEqual({
      b64: float32,
    });
  });

  test('are normalized as a model file is', async () => {
    const normal = { domain: { kind: 'tabular', range: [0, 1], mean: [0.5], std: [0.25] } };
    expect(await bodyOf({}, normal)).toEqual({ instances: [[-2, -1]] });
  });

  test('hold pictures, one a sample', async () => {
    const template = { instances: { '{{each}}': { image: { b64: '{{input}}' } } } };
    for (const layout of ['NCHW', 'NHWC'] as const) {
      const shape = layout === 'NCHW' ? [3, 1, 2] : [1, 2, 3];
      const body = (await bodyOf(
        { encoding: 'base64-png', template },
        { ...image(layout, shape), domain: { kind: 'image', layout, range: [0, 1.25] } },
      )) as {
        instances: [{ image: { b64: string } }];
      };
      const { data, width, height } = PNG.sync.read(Buffer.from(body.instances[0].image.b64, 'base64'));
      // The values are 0, 0.25 ... 1.25, of 1.25: 51 apart.
      const pixels = layout === 'NCHW' ? [0, 102, 204, 255, 51, 153, 255, 255] : [0, 51, 102, 255, 153, 204, 255, 255];
      expect({ width, height, data: [...data] }).toEqual({ width: 2, height: 1, data: pixels });
    }
  });

  test('with one place for one sample are one sample each', async () => {
    const server = await listening(({ body }, response) => {
      sendJson(response, { predictions: [scoresOf((JSON.parse(body.toString()) as { x: number[] }).x)] });
    });
    const target = await opened(server.url, { request: { template: { x: '{{input}}' } } });
    expect([...(await target.predict(probe)).data]).toEqual(wanted);
    expect(server.asked).toHaveLength(8);
  });

  test.each([
    [{ template: { x: 'inputs' } }, 'the template has no place for the samples'],
    [{ encoding: 'base64-png' }, 'only images can be sent as PNG'],
  ])('that cannot be are refused before anything is asked: %j', async (request, sentence) => {
    const server = await listening(honest);
    await expect(opened(server.url, { request })).rejects.toThrow(sentence);
    expect(server.asked).toHaveLength(0);
  });
});

describe('trouble', () => {
  /** Fails each question in the way given, as often as given, then answers. */
  const failing = (times: number, how: Reply): Reply => {
    const seen = new Map<string, number>();
    return (asked, response, place) => {
      const key = asked.body.toString();
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      return before < times ? how(asked, response, place) : honest(asked, response, place);
    };
  };
  const text =
    (body: string, type = 'application/json', status = 200): Reply =>
    (_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };

  const WAYS: readonly [string, Reply][] = [
    ['a dropped connection', (_, response) => response.socket?.destroy() as undefined],
    [
      'an answer that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        response.write('{"predictions": [[', () => response.socket?.destroy());
      },
    ],
    ['429', text('slow down', 'text/plain', 429)],
    ['503 with HTML', text('<html>', 'text/html', 503)],
    ['HTML', text('<html>Sign in</html>', 'text/html')],
    ['HTML that is called JSON', text('<html>Sign in</html>')],
    ['truncated JSON', text('{"predictions": [[1, 2')],
    ['NaN', text('{"predictions": [[NaN, 1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3]]}')],
    ['null', text('{"predictions": [[null, 1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3]]}')],
    ['texts', text('{"predictions": [["1", "1", "2"], [1, 2, 3], [1, 2, 3], [1, 2, 3]]}')],
    ['a number that float32 cannot hold', text('{"predictions": [[1e300, 1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3]]}')],
    ['too few samples', text('{"predictions": [[1, 2, 3]]}')],
    ['too many samples', text(JSON.stringify({ predictions: Array.from({ length: 5 }, () => [1, 2, 3]) }))],
    ['too few scores', text('{"predictions": [[1, 2], [1, 2], [1, 2], [1, 2]]}')],
    ['an error as an answer', text('{"error": "out of memory"}')],
    ['JSON in 10,000 lists', text(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
    [
      'no UTF-8',
      (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(Buffer.from([0xff, 0xfe])) as unknown as undefined,
    ],
  ];

  test.each(WAYS)('%s is asked again, and counted apart', async (_, how) => {
    const server = await listening(failing(2, how));
    const target = await opened(server.url);
    expect([...(await target.predict(probe)).data]).toEqual(wanted);
    expect(target.queries).toEqual({ predictions: 8, gradients: 0 });
    // Once for the opening, where the same samples are asked: two attempts more.
    expect(target.traffic).toEqual({ requests: 4, retried: 2 });
    expect(server.asked).toHaveLength(4);
  });

  test.each([
    [400, 'it answered with status 400: "no such feature"', ''],
    [401, 'status 401', '`target.token`'],
    [404, 'status 404', '`target.url`'],
    [413, 'status 413', '`target.traffic.batch`'],
  ])('status %d is not asked again', async (status, what, mend) => {
    const server = await listening(text('no such feature', 'text/plain', status));
    const opening = opened(server.url);
    await expect(opening).rejects.toThrow(what);
    await expect(opening).rejects.toThrow(mend);
    await expect(opening).rejects.toBeInstanceOf(AssayError);
    expect(server.asked).toHaveLength(1);
  });

  test('that does not end is one sentence with the number of attempts', async () => {
    const server = await listening(text('{"error": "out of memory"}'));
    const opening = opened(server.url, { traffic: { ...quick, retries: 3 } });
    await expect(opening).rejects.toThrow(
      /^127\.0\.0\.1:\d+\/predict: the endpoint gave no answer that could be used: its answer has nothing at `predictions`: "\{"error": "out of memory"\}" \(4 attempts\)\.$/,
    );
    expect(server.asked).toHaveLength(4);
  });

  test('nobody who listens is said', async () => {
    const server = await serve(honest);
    await server.close();
    await expect(opened(server.url, { traffic: { ...quick, retries: 1 } })).rejects.toThrow(
      /ECONNREFUSED.*\(2 attempts\)/,
    );
  });

  test('Retry-After is waited for, by every question', async () => {
    const times: number[] = [];
    const server = await listening((asked, response, place) => {
      times.push(performance.now());
      if (place === 2) response.writeHead(429, { 'retry-after': '1' }).end();
      else void honest(asked, response, place);
    });
    const target = await opened(server.url, { traffic: { ...quick, batch: 1, concurrency: 1 } });
    await target.predict(probe);
    expect((times[3] ?? NaN) - (times[2] ?? NaN)).toBeGreaterThan(990);
  });

  test('a Retry-After that no request outlives is not waited for', async () => {
    const server = await listening((_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end());
    const start = performance.now();
    await expect(opened(server.url)).rejects.toThrow(
      'it answered with status 503, and asks to wait 3600 seconds, longer than the 20 that a request has. Try again later',
    );
    expect(performance.now() - start).toBeLessThan(5000);
    expect(server.asked).toHaveLength(1);
  });

  test('no more than the rate is asked, retries included', async () => {
    const times: number[] = [];
    const server = await listening(
      failing(1, (_, response) => {
        response.writeHead(503).end();
      }),
    );
    const target = await opened(server.url, { traffic: { ...quick, batch: 1, concurrency: 8, perSecond: 50 } });
    const start = performance.now();
    await target.predict(inputs(10));
    times.push(performance.now() - start);
    // 20 attempts at 20 ms each, the first at once; 18 with a margin for timers.
    expect(times[0]).toBeGreaterThan(18 * 20);
    expect(target.traffic?.retried).toBeGreaterThanOrEqual(10);
  });

  test('no more questions are under way than may be', async () => {
    let now = 0;
    let most = 0;
    const server = await listening(async (asked, response, place) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      void honest(asked, response, place);
    });
    const target = await opened(server.url, { traffic: { ...quick, batch: 1, concurrency: 3 } });
    await target.predict(inputs(30));
    expect(most).toBe(3);
  });

  test('silence ends at the time limit of a request, and of all attempts', async () => {
    const server = await listening(() => undefined);
    const opening = opened(server.url, { traffic: { ...quick, requestSeconds: 0.1, retries: 2 } });
    await expect(opening).rejects.toThrow('it did not answer within 0.1 seconds (3 attempts)');
    const start = performance.now();
    const whole = opened(server.url, { traffic: { ...quick, requestSeconds: 0.1, totalSeconds: 0.35, retries: 100 } });
    await expect(whole).rejects.toThrow('there was no answer within 0.35 seconds');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('an answer that drips ends at the time limit too', async () => {
    const server = await listening((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    });
    const opening = opened(server.url, { traffic: { ...quick, requestSeconds: 0.2, retries: 0 } });
    await expect(opening).rejects.toThrow('it did not answer within 0.2 seconds');
  });

  test('an answer without end is not read to its end', async () => {
    let sent = 0;
    const server = await listening((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const part = Buffer.alloc(65_536, ' ');
      const pour = (): void => {
        while (!response.destroyed && response.write(part)) sent += part.length;
        sent += part.length;
        response.once('drain', pour);
      };
      pour();
    });
    const opening = opened(server.url, { traffic: { ...quick, answerMiB: 1 } });
    await expect(opening).rejects.toThrow('its answer has more than 1048576 bytes. Raise `target.traffic.answerMiB`');
    // What the sockets hold comes on top.
    expect(sent).toBeLessThan(16 * 2 ** 20);
    expect(server.asked).toHaveLength(1);
  });

  test('a compressed answer is not unpacked', async () => {
    const server = await listening((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x');
    });
    await expect(opened(server.url)).rejects.toThrow('its answer is compressed');
  });

  test('the first failure stops what was still to be asked', async () => {
    let broken = false;
    const server = await listening((asked, response, place) => {
      if (broken) response.writeHead(400).end();
      else void honest(asked, response, place);
    });
    const target = await opened(server.url, { traffic: { ...quick, batch: 1, concurrency: 2 } });
    const before = server.asked.length;
    broken = true;
    await expect(target.predict(inputs(100))).rejects.toThrow('status 400');
    expect(server.asked.length - before).toBeLessThanOrEqual(4);
  });

  test('disposing of a target ends what is under way', async () => {
    let isSilent = false;
    const server = await listening((asked, response, place) => {
      if (!isSilent) void honest(asked, response, place);
    });
    const target = await opened(server.url);
    isSilent = true;
    const asking = target.predict(probe);
    setTimeout(() => void target.dispose(), 50);
    await expect(asking).rejects.toThrow('the target was disposed of');
  });
});

describe('redirects', () => {
  const to =
    (location: string, status = 307): Reply =>
    ({ path }, response) => {
      response.writeHead(path === '/predict' ? status : 200, { location }).end();
    };

  test('on the same host are followed with the question, three times at most', async () => {
    const server = await listening(({ path, body }, response) => {
      const hop = Number(/\d+$/.exec(path)?.[0] ?? 0);
      if (hop < 3) response.writeHead(308, { location: `/hop/${hop + 1}` }).end();
      else sendJson(response, { predictions: samplesOf(body).map(scoresOf) });
    });
    const target = await opened(server.url);
    expect([...(await target.predict(probe)).data]).toEqual(wanted);
    expect(server.asked[3]).toMatchObject({ method: 'POST', path: '/hop/3' });
    const endless = await listening(to('/predict'));
    await expect(opened(endless.url)).rejects.toThrow('it redirects more than 3 times');
    expect(endless.asked).toHaveLength(4);
  });

  test('elsewhere are refused, and the token goes nowhere', async () => {
    process.env['ASSAY_TEST_TOKEN'] = 'tell-nobody';
    const other = await listening(honest);
    const away = [
      [other.url, 'to another port, which is refused'],
      [other.url.replace('127.0.0.1', 'localhost'), 'to another host, which is refused'],
      ['https://models.example/', 'to another host, which is refused'],
      ['//models.example/', 'to another host, which is refused'],
      ['ftp://127.0.0.1/', 'to no HTTP address'],
    ];
    for (const [location = '', sentence = ''] of away) {
      const server = await listening(to(location));
      await expect(opened(server.url, { token: { env: 'ASSAY_TEST_TOKEN' } })).rejects.toThrow(sentence);
      expect(server.asked).toHaveLength(1);
    }
    const see = await listening(to('/other', 303));
    await expect(opened(see.url)).rejects.toThrow('in a way that a question cannot follow');
    expect(other.asked).toHaveLength(0);
    delete process.env['ASSAY_TEST_TOKEN'];
  });
});

describe('the token', () => {
  const TOKEN = 'aB3$/+=secret.token';
  beforeEach(() => {
    process.env['ASSAY_TEST_TOKEN'] = TOKEN;
  });
  afterEach(() => {
    delete process.env['ASSAY_TEST_TOKEN'];
  });
  const token = { env: 'ASSAY_TEST_TOKEN' };

  test('goes into its header', async () => {
    const server = await listening(honest);
    await opened(server.url, { token });
    await opened(server.url, { token: { ...token, header: 'x-api-key', scheme: '' } });
    expect(server.asked.map(({ headers }) => [headers['authorization'], headers['x-api-key']])).toEqual([
      [`Bearer ${TOKEN}`, undefined],
      [undefined, TOKEN],
    ]);
  });

  test('is in no message, however an endpoint throws it back', async () => {
    const forms = [
      TOKEN,
      encodeURIComponent(TOKEN),
      Buffer.from(TOKEN).toString('base64'),
      Buffer.from(TOKEN).toString('hex'),
      // Its end lies behind what is quoted.
      `${'x'.repeat(100)}${TOKEN}`,
    ];
    for (const form of forms) {
      const server = await listening((_, response) => {
        response.writeHead(400, { 'content-type': 'text/plain' }).end(`bad token ${form}`);
      });
      const thrown: unknown = await opened(server.url, { token }).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(AssayError);
      const { message, cause } = thrown as AssayError;
      expect(message).toContain('bad token');
      for (const part of [form, TOKEN.slice(0, 8)]) expect(message).not.toContain(part);
      expect(cause).toBeUndefined();
    }
  });

  test.each([
    ['is missing', undefined, 'is not set'],
    ['is empty', '', 'is not set'],
    ['ends in a line break', 'abc\n', 'holds a character that no header may have'],
  ])('that %s is refused without being shown', async (_, value, sentence) => {
    if (value === undefined) delete process.env['ASSAY_TEST_TOKEN'];
    else process.env['ASSAY_TEST_TOKEN'] = value;
    const server = await listening(honest);
    await expect(opened(server.url, { token })).rejects.toThrow(
      `the environment variable \`ASSAY_TEST_TOKEN\` ${sentence}`,
    );
    expect(server.asked).toHaveLength(0);
  });
});

describe('the budget', () => {
  test('is never passed, however much is asked at once and again', async () => {
    let answered = 0;
    const server = await listening((asked, response, place) => {
      if (place % 3 === 1) response.writeHead(503).end();
      else {
        answered += samplesOf(asked.body).length;
        void honest(asked, response, place);
      }
    });
    const target = await opened(server.url, { traffic: { ...quick, batch: 2, concurrency: 8 } }, 50);
    const asking = Array.from({ length: 20 }, () => target.predict(inputs(7)));
    const ended = await Promise.allSettled(asking);
    // 4 rows for the opening, then 6 times 7 are 46; the seventh would be 53.
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    expect(answered).toBe(46);
    expect(target.queries.predictions).toBe(46);
    const refused = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'budget' });
    expect((refused.reason as AssayError).message).toBe(
      '7 more rows were to be asked for, and 4 of the query budget of 50 are left. Raise `target.budget`, or audit fewer samples.',
    );
  });

  test('that does not suffice for the opening is said before anything is asked', async () => {
    const server = await listening(honest);
    await expect(opened(server.url, {}, 3)).rejects.toMatchObject({ code: 'budget' });
    expect(server.asked).toHaveLength(0);
  });
});

describe('the digest', () => {
  const shifted =
    (by: number): Reply =>
    ({ body }, response) =>
      sendJson(response, {
        predictions: samplesOf(body).map((sample) => scoresOf(sample).map((score, i) => score + (i === 0 ? by : 0))),
      });
  const openWith = async (server: TestServer, parts: object = {}, before: readonly number[] | null = null) => {
    const config = { ...base, url: server.url, traffic: quick, ...parts } as unknown as EndpointConfig;
    const opening = await openEndpoint(config, undefined, probe, purseOf(undefined), before && { answers: before });
    await opening.target.dispose();
    return opening.card;
  };

  test('is that of the declaration and the answers, and of nothing that changes no answer', async () => {
    let by = 0;
    const server = await listening((asked, response, place) => shifted(by)(asked, response, place));
    const card = await openWith(server);
    expect((await openWith(server, { traffic: { ...quick, batch: 1 } })).digest).toBe(card.digest);
    expect((await openWith(server, { domain: { kind: 'tabular', range: [0, 2] } })).digest).not.toBe(card.digest);
    by = 0.01;
    expect((await openWith(server)).digest).not.toBe(card.digest);
  });

  test('stays where the answers differ by rounding, and other answers are an error', async () => {
    let by = 0;
    const server = await listening((asked, response, place) => shifted(by)(asked, response, place));
    const { digest, answers = [] } = await openWith(server);
    by = 1e-6;
    expect((await openWith(server, {}, answers)).digest).toBe(digest);
    by = 1e-3;
    await expect(openWith(server, {}, answers)).rejects.toThrow(
      'it does not answer as it did when the run was planned',
    );
  });
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-11-26T07:00:00Z');
  expect(retryAfter('120', now)).toBe(120_000);
  expect(retryAfter('Thu, 26 Nov 2026 07:00:30 GMT', now)).toBe(30_000);
  expect(retryAfter('Thu, 26 Nov 2026 06:00:00 GMT', now)).toBe(0);
  expect([undefined, '', 'soon', '-5'].map((text) => retryAfter(text, now))).toEqual([0, 0, 0, 0]);
});
