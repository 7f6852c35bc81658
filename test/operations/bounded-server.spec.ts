import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createBoundedServer } from '../../src/bounded-server.js';
import { eventually } from '../support/eventually.js';

const MAX = 2;

let server: Server;
const sockets: Socket[] = [];

beforeAll(async () => {
  // Answers without an end: whoever asks is never idle.
  server = createBoundedServer((_request, response) => response.write('served'), {
    maxConnections: MAX,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** @returns what the server says first, or nothing where it hangs up */
async function ask(): Promise<{ socket: Socket; said: string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket.on('error', () => undefined));
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  const said = await new Promise<string>((resolve) => {
    socket.once('data', (data) => {
      resolve(data.toString());
    });
    socket.once('close', () => {
      resolve('');
    });
  });
  return { socket, said };
}

test('a connection beyond the bound is hung up on, those before it stay, and one that goes makes room', async () => {
  const first = await ask();
  expect(first.said).toContain('200 OK');
  expect((await ask()).said).toContain('200 OK');
  expect((await ask()).said).toBe('');
  expect(first.socket.closed).toBe(false);
  first.socket.destroy();
  await eventually(async () => {
    expect((await ask()).said).toContain('200 OK');
  });
});
