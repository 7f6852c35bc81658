import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createBoundedServer } from '../../src/bounded-server.js';
import { eventually } from '../support/eventually.js';

const MAX_CONNECTIONS = 10;
/** Node would keep them for 65 s. */
const LIMIT_MS = 30_000;

describe('a stranger who holds every connection there may be, and uses none', () => {
  let server: Server;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    server = createBoundedServer((_, response) => response.end('ok'), {
      maxConnections: MAX_CONNECTIONS,
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** Asks on a connection of its own, and leaves it open. @returns what came; nothing: hung up on */
  async function ask(): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    sockets.push(socket.on('error', () => undefined));
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return text;
  }

  test(
    'keeps nobody out: idle connections are closed when there are nearly too many',
    async () => {
      for (let n = 0; n < MAX_CONNECTIONS; n++) await ask();
      const strangers = sockets.slice(0, MAX_CONNECTIONS);
      await eventually(async () => {
        expect(await ask()).toContain('200 OK');
        expect(strangers.filter((socket) => !socket.closed)).toEqual([]);
      }, LIMIT_MS);
    },
    LIMIT_MS * 2,
  );
});
