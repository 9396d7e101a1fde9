// The small classifier behind HTTP, as honest or as bad as a test wants it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { rowsOf, type Tensor } from '#base/tensor';
import { openOnnxModel } from '#engine/index';
import { sendJson, serve, type Asked, type Reply, type TestServer } from '../../target/endpoint/testing/server.js';

export interface FashionEndpoint extends TestServer {
  /** Samples that were answered as they should be. */
  answered(): number;
}

/** What an endpoint does instead of answering; undefined: it answers. */
export type Mischief = (place: number) => Reply | undefined;

/**
 * Serves `fashion-mlp.onnx` by ONNX Runtime: `{"instances": [n, 1, 28, 28]}`, normalized, to `{"predictions": [n, 10]}` logits.
 *
 * @param change of the scores of one sample
 */
export async function serveFashion(
  mischief: Mischief = () => undefined,
  options: { readonly change?: (scores: number[]) => unknown; readonly secure?: Parameters<typeof serve>[1] } = {},
): Promise<FashionEndpoint> {
  const name = 'fashion-mlp.onnx';
  const bytes = readFileSync(join(packageRoot(), 'fixtures/models', name));
  const engine = await openOnnxModel(
    { main: name, files: new Map([[name, bytes]]) },
    {
      head: 'classes',
      output: null,
      normalization: { axis: 0, mean: [0], std: [1] },
      probe: { shape: [2, 1, 28, 28], data: Float32Array.from({ length: 2 * 784 }, (_, i) => (i % 7) / 7) },
      resources: { threads: 1, batchSize: 128 },
    },
  );
  const { change = (scores: number[]) => scores } = options;
  let answered = 0;
  const answer: Reply = async (asked, response, place) => {
    if (place % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
    const inputs = inputsOf(asked);
    const { data } = await engine.scores(inputs);
    const n = rowsOf(inputs);
    const predictions = Array.from({ length: n }, (_, i) => change(Array.from(data.subarray(10 * i, 10 * i + 10))));
    sendJson(response, { predictions });
    answered += n;
  };
  const server = await serve(
    (asked, response, place) => (mischief(place) ?? answer)(asked, response, place),
    options.secure,
  );
  return {
    ...server,
    answered: () => answered,
    async close() {
      await server.close();
      await engine.dispose();
    },
  };
}

function inputsOf({ body }: Asked): Tensor {
  const { instances } = JSON.parse(body.toString()) as { readonly instances: number[][][][] };
  const values: number[] = instances.flat(3);
  return { shape: [instances.length, 1, 28, 28], data: Float32Array.from(values) };
}

/** Drops one connection in ten, answers 429 and 503, and now and then rubbish. */
export function misbehaving(place: number): Reply | undefined {
  const rubbish = (body: string, type = 'application/json'): Reply => {
    return (_, response) => void response.writeHead(200, { 'content-type': type }).end(body);
  };
  switch (place % 30) {
    case 4:
    case 14:
    case 24:
      return (_, response) => void response.socket?.destroy();
    case 7:
      return (_, response) => void response.writeHead(429, { 'retry-after': '0' }).end();
    case 11:
      return (_, response) => void response.writeHead(503).end('<html>overloaded</html>');
    case 17:
      return rubbish('<html>Sign in</html>', 'text/html');
    case 19:
      return rubbish('{"predictions": [[0.1, 0.2');
    case 22:
      return rubbish('{"predictions": [[NaN]]}');
    case 26:
      return rubbish('{"predictions": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}');
    default:
      return undefined;
  }
}

/** The config of a target that is that endpoint. */
export function fashionTarget(url: string, parts: object = {}): object {
  return {
    url,
    head: 'classes',
    labels: join(packageRoot(), 'fixtures/data/fashion-labels.txt'),
    shape: [1, 28, 28],
    gives: 'logits',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
    traffic: { batch: 16, concurrency: 3, backoffSeconds: 0.01, requestSeconds: 10, retries: 12 },
    ...parts,
  };
}
