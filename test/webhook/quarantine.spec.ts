import { gzipSync } from 'node:zlib';
import { withHeader, type PreparedRequest } from '../../src/simulator/share-request.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';
import { countDeliveries, get, post, read, storedShare, verdictOf } from './door.js';

/** Stands in every input, so that an echo of any part of it is noticed. */
const MARK = 'S3CRETMARK';
const FIELDS = `"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"${MARK}"`;
const GOOD = `{${FIELDS},"user_id":"${MARK}"}`;
const FORM = `CHAT_TYPE=DirectChat&HASH_CHAT_ID=${MARK}`;
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' };
const RESOURCE_ID = 'X-Kakao-Resource-ID';

interface Case {
  readonly title: string;
  readonly request: (service: TestService, resourceId: string) => PreparedRequest;
  readonly fields: readonly string[];
}

const body = (
  title: string,
  bytes: string | Buffer,
  fields: readonly string[],
  headers: Record<string, string> = {},
): Case => ({ title, request: (service, id) => post(service, id, bytes, headers), fields });
const header = (title: string, value: string | string[] | undefined): Case => ({
  title,
  request: (service) => withHeader(post(service, '', GOOD), RESOURCE_ID, value),
  fields: [RESOURCE_ID],
});
const user = (title: string, literal: string): Case =>
  body(`a user_id that is ${title}`, `{${FIELDS},"user_id":${literal}}`, ['user_id']);

const CASES: readonly Case[] = [
  body('broken JSON', `{"CHAT_TYPE":"${MARK}"`, ['body']),
  body('no body', '', ['body']),
  body('a JSON list', `["${MARK}"]`, ['body']),
  body('a form called JSON', `${FORM}&user_id=${MARK}`, ['body']),
  body('JSON called a form', GOOD, ['CHAT_TYPE', 'HASH_CHAT_ID'], FORM_TYPE),
  body('a raw NUL in JSON', GOOD.replace('}', `,"x":"${MARK}\0"}`), ['body']),
  body('invalid UTF-8 in JSON', Buffer.from(GOOD.replace('}', ',"x":"\xff"}'), 'latin1'), ['body']),
  body('invalid UTF-8 in a form', `${FORM}&user_id=%FF`, ['body'], FORM_TYPE),
  body('a compressed body', gzipSync(GOOD), ['body'], { 'Content-Encoding': 'gzip' }),
  body('an unknown encoding', GOOD, ['body'], { 'Content-Encoding': MARK }),
  body('too deep nesting', GOOD.replace('}', `,"x":${'['.repeat(99)}${']'.repeat(99)}}`), ['body']),
  body('too many parameters', `${FORM}${'&a=b'.repeat(300)}`, ['body'], FORM_TYPE),
  {
    title: 'an empty query',
    request: (service, id) => get(service, id, ''),
    fields: ['CHAT_TYPE', 'HASH_CHAT_ID'],
  },
  {
    title: 'invalid UTF-8 in a query',
    request: (service, id) => get(service, id, `${FORM}&user_id=%E2%28%A1`),
    fields: ['query'],
  },
  body('no CHAT_TYPE', `{"HASH_CHAT_ID":"${MARK}","user_id":"${MARK}"}`, ['CHAT_TYPE']),
  body('no HASH_CHAT_ID', `{"CHAT_TYPE":"DirectChat","user_id":"${MARK}"}`, ['HASH_CHAT_ID']),
  body('an empty CHAT_TYPE', GOOD.replace('DirectChat', ''), ['CHAT_TYPE']),
  body('a repeated CHAT_TYPE', GOOD.replace('}', ',"CHAT_TYPE":"MemoChat"}'), ['CHAT_TYPE']),
  body('a TEMPLATE_ID that is no number', GOOD.replace('}', `,"TEMPLATE_ID":"${MARK}"}`), [
    'TEMPLATE_ID',
  ]),
  body('a lone surrogate as room', GOOD.replace(MARK, '\\ud800'), ['HASH_CHAT_ID']),
  user('a fraction', '1.5'),
  user('an exponent', '1e3'),
  user('a boolean', 'true'),
  user('an object', `{"id":"${MARK}"}`),
  user('a list', `["${MARK}"]`),
  user('over-long', `"${MARK.repeat(26)}"`),
  user('a NUL', `"${MARK}\\u0000"`),
  user('a lone surrogate', `"${MARK}\\ud800"`),
  user('repeated', `"${MARK}","user_id":"${MARK}"`),
  header('no resource id', undefined),
  header('an empty resource id', ''),
  header('a repeated resource id', [MARK, MARK]),
  header('an over-long resource id', MARK.repeat(26)),
];

describe('what is authenticated but not understood', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    service = await startTestService(db);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  test.each(CASES)(
    '$title: quarantined, its bytes kept, nothing paid',
    async ({ title, request, fields }) => {
      const sent = request(service, `q: ${title}`);
      const answer = await service.send(sent);
      const { status, deliveryId, problems = [] } = read(answer);
      expect(status).toBe('quarantined');
      expect(problems.map(({ field }) => field)).toEqual(fields);
      expect(answer.body).not.toContain(MARK);
      await untilSettled(db);

      const [kept] = await db.rows<{ query: Buffer; body: Buffer; problems: unknown }>(
        'SELECT query, body, problems FROM kakao_share.deliveries WHERE id = $1',
        [deliveryId],
      );
      expect(kept?.problems).toEqual(problems);
      expect(kept?.body).toEqual(Buffer.from((sent.body ?? '') as string));
      expect(kept?.query.toString()).toBe(sent.url.split('?')[1] ?? '');
      expect(await verdictOf(db, deliveryId)).toBe('quarantined');
      expect(await storedShare(db, deliveryId)).toBeUndefined();
      const told = await db.rows(
        `SELECT type FROM kakao_share.events WHERE data->>'deliveryId' = $1`,
        [deliveryId],
      );
      expect(told).toEqual([{ type: 'kakao.share.quarantined' }]);
      expect(await db.number('SELECT count(*) FROM kakao_share.transfers')).toBe(0);
      expect(await db.number('SELECT count(*) FROM kakao_share.users')).toBe(0);
    },
  );

  test('problems of header and body are listed together', async () => {
    const request = withHeader(post(service, '', '{"user_id":[]}'), RESOURCE_ID, undefined);
    const { problems = [] } = read(await service.send(request));
    expect(problems.map(({ field }) => field)).toEqual([
      RESOURCE_ID,
      'CHAT_TYPE',
      'HASH_CHAT_ID',
      'user_id',
    ]);
  });

  test('without a resource id no repeat is recognised: two real shares must not merge', async () => {
    await untilNoneSpooled(db);
    const before = await countDeliveries(db);
    const request = withHeader(post(service, '', GOOD), RESOURCE_ID, undefined);
    const answers = [await service.send(request), await service.send(request)].map(read);
    expect(answers.map(({ status }) => status)).toEqual(['quarantined', 'quarantined']);
    expect(new Set(answers.map(({ deliveryId }) => deliveryId)).size).toBe(2);
    await untilNoneSpooled(db);
    expect(await countDeliveries(db)).toBe(before + 2);
  });

  test('the repeat of a quarantined delivery is a duplicate of it', async () => {
    const request = post(service, 'q-repeat', '{');
    const first = read(await service.send(request));
    await untilNoneSpooled(db);
    expect(read(await service.send(request))).toEqual({
      status: 'duplicate',
      deliveryId: first.deliveryId,
    });
  });
});
