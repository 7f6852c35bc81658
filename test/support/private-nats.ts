import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { findProgram } from './where-installed.js';

const MAX_PAYLOAD_BYTES = 20_000;

/** A NATS server with JetStream of a suite's own, on a port and in a folder that nobody else uses. */
export interface PrivateNats {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly maxPayloadBytes: number;
  /** With the login. */
  readonly url: string;
  /** Kills it; what was acknowledged is there after `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrivateNats(): Promise<PrivateNats> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-nats-'));
  const port = await freePort();
  const [user, password] = ['relay', randomBytes(12).toString('hex')];
  const settings = path.join(folder, 'nats.conf');
  writeFileSync(
    settings,
    `listen: "127.0.0.1:${port}"
     max_payload: ${MAX_PAYLOAD_BYTES}
     jetstream { store_dir: "${path.join(folder, 'data')}" }
     authorization { user: "${user}", password: "${password}" }\n`,
  );
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn(findProgram('nats-server') ?? 'nats-server', ['-c', settings], {
      stdio: 'ignore',
    });
    await eventually(() => greets(port));
  };
  const kill = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const restart = async (): Promise<void> => {
    await kill();
    await start();
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ port, user, password, maxPayloadBytes: MAX_PAYLOAD_BYTES },
    url: `nats://${user}:${password}@127.0.0.1:${port}`,
    ...{ kill, start, restart, stop },
  };
}

/** @throws while nobody greets */
async function greets(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data');
  } finally {
    socket.destroy();
  }
}
