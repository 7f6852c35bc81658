import { withHeader } from '../../src/simulator/share-request.js';
import { eventually } from '../support/eventually.js';
import {
  killServiceProcesses,
  MAX_OUTPUT_CHARS,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, serviceEnvironment, untilTold } from '../support/test-service.js';
import { get, post, read } from '../webhook/door.js';
import { apiTokens, bearer, call } from './management.js';

const USER = 'PRIVATE-USER-4711';
const ROOM = 'PRIVATE-ROOM-4712';
const CUSTOM = 'PRIVATE-VALUE-4713';
const TYPED = 'PRIVATE-TYPED-4714';
const REASON = 'PRIVATE-REASON-4715';
const WRONG_KEY = 'private-wrong-key-4716';
const GOOD = `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"${ROOM}","user_id":"${USER}","x":"${CUSTOM}"}`;
const QUERY = `CHAT_TYPE=DirectChat&HASH_CHAT_ID=${ROOM}&user_id=${USER}&x=${CUSTOM}`;

/** A fault of the database whose own words quote what was being stored. */
const QUOTING_FAULT = `
  CREATE FUNCTION kakao_share.quote_input() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN PERFORM NEW.room_hash::integer; RETURN NEW; END $$;
  CREATE TRIGGER quote_input BEFORE INSERT ON kakao_share.shares
    FOR EACH ROW WHEN (NEW.chat_type = 'FaultyChat') EXECUTE FUNCTION kakao_share.quote_input()`;

describe('logs at their most talkative', () => {
  let db: TestDatabase;
  let service: ServiceProcess;
  let environment: Record<string, string>;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    await db.rows(QUOTING_FAULT);
    environment = {
      ...serviceEnvironment(db),
      LOG_LEVEL: 'trace',
      API_TOKENS: apiTokens({ reader: { scopes: ['read'] } }),
    };
    service = await startServiceProcess(environment);
  });
  afterAll(async () => {
    await killServiceProcesses();
    await db.drop();
  });

  async function askAsKakao(): Promise<void> {
    const wrong = withHeader(post(service, 'log-1', GOOD), 'Authorization', `KakaoAK ${WRONG_KEY}`);
    const [{ deliveryId }] = (
      await Promise.all([
        service.send(post(service, 'log-1', GOOD)),
        service.send(get(service, 'log-2', QUERY)),
      ])
    ).map(read) as [ReturnType<typeof read>];
    await service.send(post(service, 'log-1', GOOD));
    await service.send(post(service, 'log-1', GOOD.replace('x', 'y')));
    await service.send(wrong);
    await service.send(withHeader(get(service, 'log-3', QUERY), 'Authorization', WRONG_KEY));
    await service.send(post(service, 'log-4', GOOD.slice(0, -1)));
    await service.send(post(service, 'log-5', `${GOOD}${CUSTOM.repeat(9_999)}`));
    await service.send({ ...get(service, 'log-6', QUERY), method: 'PUT' });
    await service.send(post(service, 'log-7', GOOD.replace('DirectChat', 'FaultyChat')));
    await untilSettledBut('log-7');
    await call(
      service,
      `/v1/deliveries/${deliveryId}/replay`,
      `Bearer ${environment.ADMIN_TOKEN ?? ''}`,
      {
        method: 'POST',
        body: JSON.stringify({ reason: REASON }),
      },
    );
  }

  /** The faulty one stays open and is tried again; its error is what the log is asked about. */
  async function untilSettledBut(resourceId: string): Promise<void> {
    await eventually(async () => {
      const [faulty] = await db.rows<{ last_error: string | null }>(
        `SELECT o.last_error FROM kakao_share.open_deliveries o
         JOIN kakao_share.deliveries d ON d.id = o.delivery_id WHERE d.resource_id = $1`,
        [resourceId],
      );
      expect(faulty?.last_error).toMatch(/^22P02/);
      expect(await db.number('SELECT count(*) FROM kakao_share.open_deliveries')).toBe(1);
    });
  }

  async function askAsOperator(): Promise<void> {
    const paths = [
      `/v1/users/${USER}`,
      `/v1/Users/${USER}/`,
      `/V1/USERS/${USER}?app=${TYPED}`,
      `/v1/users/${USER}%E0%A4%A`,
      `/v1/%75sers/${USER}`,
      `/v1/%2575ser%73%2f${USER}`,
      `/v1/users/${USER}#${TYPED}`,
      `/v1/deliveries%3FuserId=${USER}`,
      `/v1/deliveries?userId=${USER}&resourceId=${TYPED}`,
      `/v1/deliveries?${TYPED}=1`,
      `/v1/events?userId=${USER}`,
      `/share-status/${TYPED}`,
      `/elsewhere?user_id=${USER}&token=${TYPED}`,
      '/health/ready',
    ];
    for (const path of paths) {
      for (const token of [bearer('reader'), `Bearer ${TYPED}`, `KakaoAK ${service.adminKey}`])
        await call(service, path, token);
    }
    await call(service, `/${'long/'.repeat(1_000)}`, bearer('reader'));
    await call(service, '/v1/deliveries/x/replay', bearer('reader'), {
      method: 'POST',
      body: `{"reason":"${TYPED}`,
    });
  }

  test('hold no key, no token, no user, no query string and no custom value', async () => {
    await askAsKakao();
    await askAsOperator();
    await untilTold(db);
    await db.rows('ALTER TABLE kakao_share.users RENAME COLUMN user_id TO away');
    await call(service, `/v1/users/${USER}`, bearer('reader'));
    await db.rows('ALTER TABLE kakao_share.users RENAME COLUMN away TO user_id');
    await service.end('SIGTERM');

    const output = service.output();
    expect(output.length).toBeGreaterThan(1_000);
    expect(output.length).toBeLessThan(MAX_OUTPUT_CHARS);
    for (const told of ['"path":"/webhooks/kakao/share"', '"status":401', '"status":500', '22P02'])
      expect(output).toContain(told);
    // What the door turns away comes by no request log; the second 401 is told when the service stops.
    const refused = output.match(/Refused \d+ webhooks? with \d+/g) ?? [];
    expect(refused).toEqual([
      ...[401, 413, 405].map((status) => `Refused 1 webhook with ${status}`),
      'Refused 1 webhook with 401',
    ]);
    const paths = [...output.matchAll(/"path":"([^"]*)"/g)].map(([, path = '']) => path.length);
    expect(Math.max(...paths)).toBe(200);
    const secrets = [USER, ROOM, CUSTOM, TYPED, REASON, WRONG_KEY, 'token-of-reader'];
    const { ADMIN_TOKEN = '', KAKAO_ADMIN_KEYS = '', DATABASE_URL = '' } = environment;
    secrets.push(ADMIN_TOKEN, KAKAO_ADMIN_KEYS, DATABASE_URL, 'CHAT_TYPE=', 'userId=', '?');
    const leaks = output
      .split('\n')
      .filter((line) => secrets.some((secret) => line.includes(secret)));
    expect(leaks).toEqual([]);
  });

  test('a start that fails shows no setting', async () => {
    const secret = 'private-key-with-a space';
    for (const faulty of [
      { KAKAO_ADMIN_KEYS: secret },
      { KAKAO_APPS: `{"shop":"${secret}` },
      { DATABASE_URL: `mysql://user:${secret}@db` },
      { API_TOKENS: secret, ADMIN_TOKEN: '' },
    ]) {
      const start = startServiceProcess({ ...environment, ...faulty });
      await expect(start).rejects.toThrow(/The service ended at its start/);
      await expect(start).rejects.not.toThrow(secret);
    }
  });
});
