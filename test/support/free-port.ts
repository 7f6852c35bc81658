import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that Linux gives to whoever takes any: between the choice and the use of a port no connection, no server on port 0
 * and, as each of Jest's workers has ports of its own, no other suite comes upon it by chance.
 */
const FIRST_PORT = 20_000;
const PORTS_PER_WORKER = 1_500;
const WORKERS = 8;

const worker = Number(process.env.JEST_WORKER_ID ?? '1') % WORKERS;
// Each suite begins elsewhere: what an earlier one used may still be closing.
let next = randomInt(PORTS_PER_WORKER);

/** A port of 127.0.0.1 for a server that is started in a moment. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS_PER_WORKER; tried++) {
    const port = FIRST_PORT + worker * PORTS_PER_WORKER + (next++ % PORTS_PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error('No port is free.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
