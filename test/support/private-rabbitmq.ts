import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** Behind Debian's wrapper, which would run it as the user `rabbitmq` and in that user's folders. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
/** Erlang and RabbitMQ need some seconds each, more on a busy machine. */
const START_LIMIT_MS = 90_000;

/** A RabbitMQ of a suite's own: node, ports, folders and even the port mapper are shared with nobody. */
export interface PrivateRabbitmq {
  readonly port: number;
  readonly password: string;
  /** With the credentials. */
  readonly url: string;
  /** Kills it; what was confirmed as stored is there after `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrivateRabbitmq(
  settings: Readonly<Record<string, string>> = {},
): Promise<PrivateRabbitmq> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-rabbitmq-'));
  const [port, distributionPort, mapperPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const password = randomBytes(12).toString('hex');
  const environment = prepare(folder, { port, distributionPort, mapperPort, password, settings });
  // Not the machine's epmd, which a first server would start and leave behind.
  const mapper = spawn('epmd', ['-port', `${mapperPort}`, '-address', '127.0.0.1'], {
    stdio: 'ignore',
  });
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    // A group of its own, so that the shell around the server ends with it.
    server = spawn(SERVER, [], { env: environment, stdio: 'ignore', detached: true });
    await eventually(() => listens(port), START_LIMIT_MS);
  };
  const kill = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running?.pid === undefined) return;
    const exited = once(running, 'exit');
    process.kill(-running.pid, 'SIGKILL');
    await exited;
    await eventually(() => isSilent(port));
  };
  const stop = async (): Promise<void> => {
    await kill();
    const exited = once(mapper, 'exit');
    mapper.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const restart = async (): Promise<void> => {
    await kill();
    await start();
  };
  return {
    port,
    password,
    url: `amqp://relay:${password}@127.0.0.1:${port}`,
    kill,
    start,
    restart,
    stop,
  };
}

interface Preparation {
  readonly port: number;
  readonly distributionPort: number;
  readonly mapperPort: number;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

function prepare(folder: string, given: Preparation): NodeJS.ProcessEnv {
  const at = (name: string): string => path.join(folder, name);
  mkdirSync(at('home'));
  const lines = {
    default_user: 'relay',
    default_pass: given.password,
    // The machine's fullness is not what is tested.
    'disk_free_limit.absolute': '1MB',
    ...given.settings,
  };
  writeFileSync(
    at('rabbitmq.conf'),
    Object.entries(lines)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  writeFileSync(at('enabled_plugins'), '[].\n');
  return {
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/bin`,
    HOME: at('home'),
    ERL_EPMD_PORT: `${given.mapperPort}`,
    RABBITMQ_NODENAME: `kakao-share-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${given.port}`,
    RABBITMQ_DIST_PORT: `${given.distributionPort}`,
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_PID_FILE: at('pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1',
  };
}

/** @throws while nobody listens */
async function listens(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** @throws while somebody listens */
async function isSilent(port: number): Promise<void> {
  try {
    await listens(port);
  } catch {
    return;
  }
  throw new Error(`Somebody still listens on ${port}`);
}
