import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { readBody, type BodyFault } from '../../src/webhook/read-body.js';

const TIMEOUT_MS = 50;
const LIMITS = { maxBytes: 1_000, timeoutMs: TIMEOUT_MS };

describe('the time that a body has to arrive', () => {
  let server: Server;
  let client: Socket;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n');
  });
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** What is read of a request during whose reading something happens. */
  function readWhile(happens: () => void): Promise<Buffer | BodyFault> {
    return new Promise((resolve) => {
      server.on('request', (request) => {
        resolve(readBody(request, LIMITS));
        happens();
      });
    });
  }

  test('does not count against one that came while the whole process stood still', async () => {
    const body = await readWhile(() => {
      // Written at once, so it has arrived in the kernel before anything else can run here.
      client.write('body');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4 * TIMEOUT_MS);
    });
    expect(body.toString()).toBe('body');
  });

  test('is over for one that has not come', async () => {
    expect(await readWhile(() => client.write('bod'))).toBe('too-slow');
  });
});
