import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpException, Logger } from '@nestjs/common';
import { newId } from '../../src/database/new-id.js';
import type { Database } from '../../src/database/database.js';
import { IntentStatusReader } from '../../src/intents/intent-status-reader.js';
import { ShareIntents } from '../../src/intents/share-intents.js';
import { Readiness } from '../../src/operations/readiness.js';
import {
  ShareStatusStreams,
  STREAM_BOUNDS,
  type StreamBounds,
} from '../../src/operations/share-status-streams.js';
import { listen, type Listener } from '../intents/status-events.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';

let db: TestDatabase;
let intentIds: string[];

beforeAll(async () => {
  // A database that goes away is told to the log, and would be to whoever runs this.
  Logger.overrideLogger(false);
  db = await createTestDatabase();
  const campaignId = await givenCampaign(db);
  const intents = new ShareIntents(db.database, ['k'.repeat(32)]);
  intentIds = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => {
      const { id } = await intents.issue({ userId: `user-${n}`, campaignId });
      return id;
    }),
  );
});
afterAll(async () => {
  await db.drop();
});

/** Streams with bounds of a test's own; who listens says as token which intent. */
class Stage {
  queries = 0;
  readonly readiness = new Readiness();
  readonly streams: ShareStatusStreams;
  readonly #server: Server;

  constructor(bounds: Partial<StreamBounds>) {
    const counting = {
      transaction: (...given: Parameters<Database['transaction']>) => {
        this.queries++;
        return db.database.transaction(...given);
      },
    } as Database;
    const reader = new IntentStatusReader(counting);
    this.streams = new ShareStatusStreams(reader, this.readiness, { ...STREAM_BOUNDS, ...bounds });
    this.streams.onModuleInit();
    this.#server = createServer((request, response) => {
      const id = String(request.headers['x-share-intent']);
      this.streams
        .open(id, String(request.headers['x-client']), response)
        .catch((error: unknown) => {
          answer(error, response);
        });
    }).listen(0, '127.0.0.1');
  }

  async listen(intent: number | string, client = newId()): Promise<Listener> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    const id = typeof intent === 'number' ? (intentIds[intent] ?? '') : intent;
    return listen(`http://127.0.0.1:${port}`, id, { 'X-Client': client });
  }

  async close(): Promise<void> {
    await this.streams.beforeApplicationShutdown();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

function answer(error: unknown, response: ServerResponse): void {
  response.statusCode = error instanceof HttpException ? error.getStatus() : 500;
  response.end();
}

async function onStage(
  bounds: Partial<StreamBounds>,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = new Stage(bounds);
  try {
    await play(stage);
  } finally {
    await stage.close();
  }
}

test('a stream that has nothing to tell says now and then that it lives, and ends in time', async () => {
  await onStage({ heartbeatMs: 50 }, async (stage) => {
    const page = await stage.listen(0);
    expect(await page.next()).toMatchObject({ state: 'waiting' });
    for (let heartbeat = 1; heartbeat <= 3; heartbeat++) expect(await page.next()).toBe('comment');
  });
  await onStage({ limitMs: 200 }, async (stage) => {
    const page = await stage.listen(0);
    expect(await page.next()).toMatchObject({ state: 'waiting' });
    expect(await page.next()).toBeUndefined();
  });
});

test('all streams together ask the database once each time', async () => {
  await onStage({ pollMs: 100 }, async (stage) => {
    const pages = await Promise.all(intentIds.map((_, n) => stage.listen(n)));
    await Promise.all(pages.map((page) => page.next()));
    const before = stage.queries;
    const since = performance.now();
    await eventually(() => {
      expect(stage.queries).toBeGreaterThanOrEqual(before + 5);
    });
    const rounds = (performance.now() - since) / 100;
    expect(stage.queries - before).toBeLessThanOrEqual(Math.ceil(rounds) + 1);
  });
});

test('with nobody listening nothing is asked', async () => {
  await onStage({ pollMs: 10 }, async (stage) => {
    const page = await stage.listen(0);
    expect(await page.next()).toMatchObject({ state: 'waiting' });
    await page.leave();
    await eventually(async () => {
      const before = stage.queries;
      // Ten rounds: that nothing happens can only be waited for.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(stage.queries).toBe(before);
    });
    const again = await stage.listen(0);
    await again.next();
    const before = stage.queries;
    await eventually(() => {
      expect(stage.queries).toBeGreaterThan(before + 3);
    });
  });
});

test('the number of streams is bounded: beyond it 503, whoever asks', async () => {
  await onStage({ maxStreams: 3 }, async (stage) => {
    const pages = await Promise.all([0, 1, 2, 3, 4].map((n) => stage.listen(n)));
    const statuses = pages.map(({ response }) => response.status).sort();
    expect(statuses).toEqual([200, 200, 200, 503, 503]);
  });
});

test('a place is given back by who leaves, by who is refused, and at the end', async () => {
  await onStage({ maxStreams: 1, limitMs: 200 }, async (stage) => {
    const opens = async (intent: number): Promise<Listener> =>
      eventually(async () => {
        const page = await stage.listen(intent);
        expect(page.response.status).toBe(200);
        return page;
      });
    await (await opens(0)).leave();
    const ended = await opens(1);
    while ((await ended.next()) !== undefined);
    await eventually(async () => {
      expect((await stage.listen(newId())).response.status).toBe(404);
    });
    await opens(2);
  });
});

test('draining ends all streams, and no new one begins', async () => {
  await onStage({}, async (stage) => {
    const pages = await Promise.all([0, 1].map((n) => stage.listen(n)));
    await Promise.all(pages.map((page) => page.next()));
    stage.readiness.drain();
    expect(await Promise.all(pages.map((page) => page.next()))).toEqual([undefined, undefined]);
    expect((await stage.listen(2)).response.status).toBe(503);
  });
});

test('a database that goes away for a while ends no stream', async () => {
  await onStage({ pollMs: 20 }, async (stage) => {
    const page = await stage.listen(0);
    await page.next();
    await db.rows('ALTER TABLE kakao_share.share_intents RENAME TO away');
    const before = stage.queries;
    await eventually(() => {
      expect(stage.queries).toBeGreaterThan(before + 1);
    });
    await db.rows('ALTER TABLE kakao_share.away RENAME TO share_intents');
    await db.rows(
      `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, unknown_values, received_at, intent_status, intent_id)
       SELECT $2, app, user_ref, 'DirectChat', '{}', now(), 'valid', id FROM kakao_share.share_intents WHERE id = $1`,
      [intentIds[0], newId()],
    );
    expect(await page.next()).toMatchObject({ state: 'arrived' });
    await page.leave();
  });
});
