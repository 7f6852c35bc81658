import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Logger } from '@nestjs/common';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { decodePayload, encodeFrame } from '../../src/spool/frame.js';
import { readSegment } from '../../src/spool/read-segment.js';
import { listFolders } from '../../src/spool/spool-files.js';
import { SpoolKeeper } from '../../src/spool/spool-keeper.js';
import type { SpoolOptions, SpoolTimes } from '../../src/spool/spool-options.js';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

export const QUICK: SpoolTimes = {
  rollAfterMs: 50,
  dropAfterMs: 100,
  orphanedAfterMs: 200,
  lookEveryMs: 20,
};

/** Gives each test of a file a folder of its own, which goes with it. */
export function useSpoolFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(async () => {
    folder.path = await mkdtemp(path.join(tmpdir(), 'kakao-share-spool-'));
  });
  afterEach(() => rm(folder.path, { recursive: true, force: true }));
  return folder;
}

/** A frame as a version after this one may write it. */
export function encodeNewerFrame(delivery: Delivery): Buffer {
  const frame = encodeFrame(delivery);
  frame.writeUInt8(2, 4);
  frame.writeUInt32LE(crc32(frame.subarray(0, 13)), 13);
  return frame;
}

/** Every delivery whose frame can be read, in the order of folders and frames. */
export async function readSpool(directory: string): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  for (const { segments } of await listFolders(directory)) {
    for (const segment of segments) {
      for (let offset = 0, more = true; more;) {
        const { frames, tail } = await readSegment(segment.path, offset, 1_000);
        deliveries.push(...frames.map(({ payload }) => decodePayload(payload)));
        offset = frames.at(-1)?.endsAt ?? offset;
        more = tail === 'more';
      }
    }
  }
  return deliveries;
}

/** What the keeper said, by level. */
export interface Said {
  readonly errors: string[];
  readonly warnings: string[];
  readonly infos: string[];
}

export interface GivenKeeper {
  readonly keeper: SpoolKeeper;
  readonly said: Said;
  readonly committed: string[];
  stop(): Promise<void>;
}

/** A running keeper with quick times; nobody stands at its door. */
export function startKeeper(
  db: TestDatabase,
  options: SpoolOptions,
  times: Partial<SpoolTimes> = {},
): GivenKeeper {
  const said: Said = { errors: [], warnings: [], infos: [] };
  const committed: string[] = [];
  const logger = {
    log: (line: string) => said.infos.push(line),
    warn: (line: string) => said.warnings.push(line),
    error: (line: string) => said.errors.push(line),
  } as unknown as Logger;
  const door = {
    isBusy: () => false,
    onCommitted: (ids: readonly string[]) => committed.push(...ids),
  };
  const keeper = new SpoolKeeper(options, db.database, door, logger, { ...QUICK, ...times });
  keeper.start();
  return {
    keeper,
    said,
    committed,
    async stop() {
      await keeper.stopReplay(10_000);
      await keeper.close(10_000);
    },
  };
}

/** A process that spools. */
export interface SpoolChild {
  /** The deliveries that it said are durable, so far. */
  acknowledged(): string[];
  isDone(): boolean;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<unknown>;
}

const children = new Set<ChildProcess>();

export function startSpoolChild(
  directory: string,
  name: string,
  { senders = 8, deliveries = 100_000, segmentBytes = 256 * 1024 } = {},
): SpoolChild {
  const about = JSON.stringify({ directory, name, senders, deliveries, segmentBytes });
  const child = spawn(process.execPath, ['test/spool/spool-child.mjs', about], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // A line that is not finished was not said.
  const lines = (): string[] => text.split('\n').slice(0, -1);
  return {
    acknowledged: () => lines().filter((line) => line !== 'done'),
    isDone: () => lines().at(-1) === 'done',
    kill: (signal) => child.kill(signal),
    exited: once(child, 'exit').then(() => children.delete(child)),
  };
}

/** For `afterEach`: a test that failed half-way leaves no process behind. */
export function killSpoolChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}

export async function untilAcknowledged(child: SpoolChild, least: number): Promise<void> {
  await eventually(() => {
    if (child.acknowledged().length < least) throw new Error('Too few are durable yet.');
  }, 30_000);
}

/** Waits until these deliveries, and all that is in the spool, are in the database, and the spool is empty. */
export async function untilCommitted(
  db: TestDatabase,
  directory: string,
  ids: readonly string[],
): Promise<void> {
  await eventually(async () => {
    const stored = await db.number(
      'SELECT count(*) FROM kakao_share.deliveries WHERE id = ANY($1)',
      [ids],
    );
    if (stored < new Set(ids).size) throw new Error(`${stored} of ${ids.length} are stored.`);
    const segments = (await listFolders(directory)).flatMap((folder) => folder.segments);
    if (segments.length > 0) throw new Error(`${segments.length} segments are left.`);
  }, 30_000);
}
