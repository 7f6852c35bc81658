import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import pg from 'pg';
import { isConnectionLoss } from '../../src/database/database-errors.js';

const SHORT_MS = 100;

describe('a server that takes connections and says nothing, as a frozen one does', () => {
  let silent: Server;
  let connectionString: string;

  beforeAll(async () => {
    silent = createServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    connectionString = `postgres://x@127.0.0.1:${(silent.address() as AddressInfo).port}/x`;
  });
  afterAll(() => {
    silent.close();
  });

  test('is a lost connection to a client', async () => {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: SHORT_MS });
    client.on('error', () => undefined);
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(isConnectionLoss(error)).toBe(true);
  });

  test('is a lost connection to a pool', async () => {
    const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: SHORT_MS });
    const error: unknown = await pool.query('SELECT 1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(isConnectionLoss(error)).toBe(true);
    await pool.end();
  });
});

test('an error in our own code is none', () => {
  expect(isConnectionLoss(new TypeError('x is not a function'))).toBe(false);
});
