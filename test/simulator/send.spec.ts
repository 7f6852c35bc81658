import { Sender } from '../../src/simulator/send.js';
import type { PreparedRequest } from '../../src/simulator/share-request.js';
import { answer, startRecordingServer } from './recording-server.js';
import type { RecordingServer } from './recording-server.js';

describe('the sender', () => {
  let server: RecordingServer;
  let sender: Sender;

  /** As long as it takes, unless the limit is what is tested. */
  async function start(
    respond?: Parameters<typeof startRecordingServer>[0],
    limitMs = 60_000,
  ): Promise<PreparedRequest> {
    server = await startRecordingServer(respond);
    sender = new Sender({ limitMs });
    return { method: 'GET', url: server.url, headers: {} };
  }
  afterEach(async () => {
    sender.close();
    await server.close();
  });

  it('tells status, body and latency', async () => {
    const request = await start();

    expect(await sender.send(request)).toMatchObject({
      outcome: 'answered',
      status: 200,
      body: '{"status":"accepted","deliveryId":"d"}',
      latencyMs: expect.any(Number) as number,
    });
  });

  it('gives up after the limit on a server that never answers', async () => {
    const request = await start(() => undefined, 150);
    const given = await sender.send(request);

    expect(given).toMatchObject({ outcome: 'timeout', status: 0 });
    expect(given.latencyMs).toBeGreaterThanOrEqual(149);
  });

  it('gives up after the limit on a server that never ends its answer', async () => {
    const request = await start((_, response) => response.writeHead(200).write('{'), 150);

    expect(await sender.send(request)).toMatchObject({ outcome: 'timeout' });
  });

  it('follows no redirect', async () => {
    const request = await start((_, response) => response.writeHead(308, { Location: '/' }).end());

    expect(await sender.send(request)).toMatchObject({ outcome: 'answered', status: 308 });
    expect(server.received).toHaveLength(1);
  });

  it('reports a cut connection and a refused one, and does not send again', async () => {
    const request = await start((_, response) => response.destroy());

    expect(await sender.send(request)).toMatchObject({
      outcome: 'failed',
      errorCode: 'ECONNRESET',
    });
    expect(server.received).toHaveLength(1);
    await server.close();
    const refused = await sender.send(request);
    expect(refused).toMatchObject({ outcome: 'failed', errorCode: 'ECONNREFUSED' });
  });

  it('sends path and query as written', async () => {
    const request = await start();
    await sender.send({ ...request, url: `${server.url}/../a'b?x='|{}&y=%zz` });

    expect(server.received[0]?.url).toBe("/webhooks/kakao/share/../a'b?x='|{}&y=%zz");
  });

  it('keeps at most 64 KiB of an answer', async () => {
    const request = await start((_, response) => {
      response.write('x'.repeat(70_000));
      setTimeout(() => response.end('x'.repeat(70_000)), 20);
    });

    expect((await sender.send(request)).body).toHaveLength(64 * 1024);
  });

  it('uses a connection again', async () => {
    const ports = new Set<number | undefined>();
    const request = await start((_, response) => {
      ports.add(response.socket?.remotePort);
      answer(response, 200, {});
    });
    for (let step = 0; step < 5; step++) await sender.send(request);

    expect(ports.size).toBe(1);
  });
});
