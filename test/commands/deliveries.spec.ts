import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { newId } from '../../src/database/new-id.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { paidTo, settle, verdictsEver, givenDecided } from '../settlement/decide-again.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';

const HOUR_MS = 3_600_000;
const MARK = 'S3CRETMARK';

let db: TestDatabase;
let id: string;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
  id = await givenDecided(
    db,
    givenDelivery(newId(), {
      body: Buffer.from('{"HASH_CHAT_ID":"r"}'),
      problems: [{ field: 'CHAT_TYPE', problem: 'is missing' }],
    }),
  );
});
afterAll(() => db.drop());

function run(...words: readonly string[]): { status: number | null; out: string; err: string } {
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: db.url };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...words], {
    ...{ env, encoding: 'utf8', timeout: 120_000 },
  });
  return { status, out: stdout, err: stderr };
}

const period = (): string[] => [
  ...['--from', new Date(Date.now() - HOUR_MS).toISOString()],
  ...['--to', new Date(Date.now() + HOUR_MS).toISOString()],
];

test.each([
  ['a verdict that there is not', ['deliveries', 'list', '--verdict', MARK]],
  ['a mend without a note', ['deliveries', 'mend', newId(), '--field', `user_id=${MARK}`]],
])(
  'bad usage is said with exit code 2, and what was given is not repeated: %s',
  (_, words) => {
    const { status, out, err } = run(...words);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('See --help.');
    expect(err).not.toContain(MARK);
  },
  180_000,
);

test('a delivery is listed, shown, mended, tried out, replayed and paid, all of it by name', async () => {
  expect(run('deliveries', 'list', '--verdict', 'quarantined').out).toContain(`${id}  `);
  const refused = run('deliveries', 'mend', id, '--note', 'seen', '--field', 'user_id=hana');
  expect(refused).toMatchObject({ status: 1, out: '' });
  expect(refused.err).toContain('CHAT_TYPE is missing');
  const fields = ['--field', 'user_id=hana', '--field', 'CHAT_TYPE=DirectChat'];
  expect(run('deliveries', 'mend', id, '--note', 'seen', ...fields).status).toBe(0);

  const dry = run('replay', ...period(), '--reason', 'mended', '--dry-run');
  expect(JSON.parse(dry.out)).toMatchObject({
    changes: [{ before: 'quarantined', after: 'rewarded', deliveries: 1 }],
  });
  const chosen = (...words: string[]): unknown => {
    const { out } = run('replay', ...period(), '--reason', 'mended', '--dry-run', ...words);
    return (JSON.parse(out) as { changes: unknown }).changes;
  };
  const both = ['--verdict', 'no-user', '--verdict', 'quarantined'];
  expect(chosen(...both, '--app', 'default')).toHaveLength(1);
  expect(chosen('--verdict', 'no-user')).toEqual([]);
  expect(chosen('--app', 'another')).toEqual([]);
  expect(chosen('--campaign', newId())).toEqual([]);
  expect(chosen('--cursor', id)).toEqual([]);
  expect(run('replay', ...period(), '--reason', 'mended')).toMatchObject({ status: 0, err: '' });
  await settle(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'rewarded']);
  expect(await paidTo(db, 'hana')).toBe(100);

  expect(run('deliveries', 'replay', id, '--reason', 'again')).toMatchObject({
    ...{ status: 1, out: '', err: 'What has paid is never decided again.\n' },
  });
  expect(JSON.parse(run('deliveries', 'show', id).out)).toMatchObject({
    ...{ verdict: 'rewarded', userId: 'hana', corrections: 1 },
    ...{
      decisions: [{ number: 1 }, { number: 2 }],
      received: { body: { text: '{"HASH_CHAT_ID":"r"}' } },
    },
  });
  const actors = await db.rows<{ actor: string; action: string }>(
    'SELECT DISTINCT actor FROM kakao_share.audit WHERE action = ANY($1)',
    [['delivery.mend', 'delivery.replay', 'deliveries.replay']],
  );
  expect(actors).toEqual([{ actor: `cli:${userInfo().username}` }]);
}, 600_000);
