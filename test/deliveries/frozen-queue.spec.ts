import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { QueueStore } from '../../src/queue/queue-store.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase } from '../support/test-database.js';

/** AuthenticationOk and ReadyForQuery, as the protocol's version 3 has them. */
const WELCOME = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1');

let frozen: Server;
const sockets = new Set<Socket>();

beforeAll(async () => {
  Logger.overrideLogger(false);
  frozen = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    // Lets everybody in and says nothing more, not even goodbye.
    socket.once('data', () => socket.write(WELCOME));
  }).listen(0, '127.0.0.1');
  await once(frozen, 'listening');
});
afterAll(() => {
  frozen.close();
});

test('a queue on a Postgres that freezes after it let us in is given up, and its connections may be lost: the process goes on', async () => {
  const { port } = frozen.address() as AddressInfo;
  const store = new QueueStore({ postgres: { url: `postgres://x@127.0.0.1:${port}/x` } });
  await expect(store.openQueue('frozen')).rejects.toThrow('reaching the queue store took longer');
  // The probe's, and one that was taken out of a pool for something that nobody waits for any more.
  expect(sockets.size).toBeGreaterThanOrEqual(2);
  const open = [...sockets].filter((socket) => !socket.closed);
  const closed = open.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.resetAndDestroy();
  await Promise.all(closed);
});

test('what a queue asks of a Postgres that no longer answers is given up, also where nobody else set a limit', async () => {
  const db = await createTestDatabase();
  const proxy = await startTcpProxy(Number(new URL(db.url).port));
  const url = new URL(db.url);
  url.port = String(proxy.port);
  const store = new QueueStore({ postgres: { url: url.toString() } });
  const queue = await store.openQueue('swallowed');
  try {
    await queue.add('before', {});
    proxy.hold();
    await expect(queue.add('swallowed', {})).rejects.toThrow('timeout');
    proxy.release();
    expect(await queue.add('after', {})).toMatchObject({ name: 'after' });
  } finally {
    proxy.cut();
    await queue.close();
    await proxy.close();
    await db.drop();
  }
});
