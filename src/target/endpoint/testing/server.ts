// An endpoint on this machine alone that tests may make as bad as they like.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Every question that came, in the order in which it came. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

export type Reply = (asked: Asked, response: ServerResponse, place: number) => void | Promise<void>;

/** Listens on 127.0.0.1 only. */
export async function serve(
  reply: Reply,
  secure?: { readonly key: string; readonly cert: string },
): Promise<TestServer> {
  const asked: Asked[] = [];
  const listener: RequestListener = (request, response) => void receive(request, response);
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    try {
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(parts) };
      await reply(one, response, asked.push(one) - 1);
    } catch {
      // Whoever asked is gone.
      response.destroy();
    }
  };
  const server: Server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}/predict`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
