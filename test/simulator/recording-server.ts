import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  /** Path and query as on the wire. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly headersDistinct: NodeJS.Dict<string[]>;
  readonly body: Buffer;
}

export interface RecordingServer {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** A real server on a free port that remembers what it was sent. */
export async function startRecordingServer(
  respond: (received: Received, response: ServerResponse) => void = accept,
): Promise<RecordingServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, headersDistinct } = request;
      const one = { method, url, headers, headersDistinct, body: Buffer.concat(chunks) };
      received.push(one);
      respond(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/kakao/share`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function accept(_received: Received, response: ServerResponse): void {
  answer(response, 200, { status: 'accepted', deliveryId: 'd' });
}

/** Answers as the service promises: checks the key, tells a repeat by its resource id. */
export function honestDoor(adminKey: string): (one: Received, response: ServerResponse) => void {
  const seen = new Set<string>();
  return ({ headers }, response) => {
    const id = String(headers['x-kakao-resource-id']);
    if (headers.authorization !== `KakaoAK ${adminKey}`) {
      answer(response, 401, { status: 401 });
      return;
    }
    answer(response, 200, { status: seen.has(id) ? 'duplicate' : 'accepted' });
    seen.add(id);
  };
}
