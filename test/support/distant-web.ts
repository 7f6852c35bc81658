import { startServiceProcess, type ServiceProcess } from './service-process.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { serviceEnvironment } from './test-service.js';

/** Runs before anything else of a process: at the signal more time has passed than the door's answers are counted for. */
const SKIP_AHEAD = `const now = performance.now.bind(performance); let skippedMs = 0;
  performance.now = () => now() + skippedMs;
  process.on('SIGUSR2', () => { skippedMs += 6 * 60000; });`;

/** A web in a process of its own, with a network between it and its database. */
export interface DistantWeb {
  readonly service: ServiceProcess;
  /** Its database, past the network. */
  readonly db: TestDatabase;
  readonly network: TcpProxy;
  readonly environment: Readonly<Record<string, string>>;
  /** Moves its monotonic clock on by six minutes. */
  skipAhead(): void;
  stop(): Promise<void>;
}

/** Starts one that raises every alarm but that of a test server which is not durable, and tells its log. */
export async function startDistantWeb(
  settings: Readonly<Record<string, string>> = {},
): Promise<DistantWeb> {
  const db = await createTestDatabase();
  const network = await startTcpProxy(Number(new URL(db.url).port));
  const url = new URL(db.url);
  url.port = `${network.port}`;
  const environment = {
    ...serviceEnvironment({ ...db, url: url.href }),
    ...{ ROLES: 'web', ALARMS_OFF: 'database-unsafe', LOG_LEVEL: 'info' },
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SKIP_AHEAD)}`,
    ...settings,
  };
  const close = async (): Promise<void> => {
    network.release();
    await network.close();
    await db.drop();
  };
  const service = await startServiceProcess(environment).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    ...{ service, db, network, environment },
    skipAhead: () => {
      process.kill(service.pid, 'SIGUSR2');
    },
    async stop() {
      service.thaw();
      network.release();
      await service.stop();
      await close();
    },
  };
}

/** The lines that it has logged so far. */
export function linesOf({
  service,
}: Pick<DistantWeb, 'service'>): { level: number; msg: string }[] {
  // What is not ended is not whole.
  const lines = service.output().split('\n').slice(0, -1);
  return lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number; msg: string });
}
