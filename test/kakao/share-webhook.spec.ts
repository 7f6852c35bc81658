import fc from 'fast-check';
import { readShareWebhook, type RawShareWebhook } from '../../src/kakao/share-webhook.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

function post(body: string | Buffer, contentType: string | undefined = JSON_TYPE): RawShareWebhook {
  return {
    method: 'POST',
    contentType,
    contentEncoding: undefined,
    query: Buffer.alloc(0),
    body: Buffer.from(body as string),
  };
}

const MINIMAL = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const FORM = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';
const bodyProblem = (problem: string): object[] => [{ field: 'body', problem }];

describe('a share webhook', () => {
  test.each<[string, RawShareWebhook]>([
    ['JSON', post(MINIMAL)],
    ['JSON with a charset', post(MINIMAL, 'Application/JSON; charset=utf-8')],
    ['JSON with no content type', { ...post(MINIMAL), contentType: undefined }],
    ['JSON called something else', post(MINIMAL, 'text/plain')],
    ['JSON behind a byte order mark', post(`\ufeff${MINIMAL}`)],
    ['an encoding that is none', { ...post(MINIMAL), contentEncoding: 'Identity' }],
    ['a form', post(FORM, FORM_TYPE)],
    ['a form with a charset', post(FORM, `${FORM_TYPE.toUpperCase()} ; charset=UTF-8`)],
    ['a query', { ...post(''), method: 'GET', query: Buffer.from(FORM) }],
  ])('%s says the same', (_, raw) => {
    expect(readShareWebhook(raw, 'user_id')).toEqual({
      fields: { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'room' },
      unknownValues: [],
      userId: 'minji',
      custom: [{ name: 'user_id', value: { text: 'minji' } }],
    });
  });

  test('a GET is its query and a POST its body, never both', () => {
    const both = { ...post(MINIMAL), query: Buffer.from('user_id=forger&CHAT_TYPE=MemoChat') };
    expect(readShareWebhook(both, 'user_id')).toMatchObject({ userId: 'minji' });
    const got = readShareWebhook({ ...both, method: 'GET' }, 'user_id');
    expect(got).toEqual([{ field: 'HASH_CHAT_ID', problem: 'is missing' }]);
  });

  test.each<[string, RawShareWebhook, string]>([
    ['broken JSON', post('{"CHAT_TYPE":'), 'must be a JSON object'],
    ['no body', post(''), 'must be a JSON object'],
    ['bytes that are not UTF-8', post(Buffer.from('{"a":"\xff"}', 'latin1')), 'must be UTF-8'],
    [
      'a compressed body',
      { ...post(MINIMAL), contentEncoding: 'gzip' },
      'is compressed, and that is not read',
    ],
    ['a form of another encoding', post('a=%FF', FORM_TYPE), 'must be percent-encoded UTF-8'],
  ])('%s is a problem of the body', (_, raw, problem) => {
    expect(readShareWebhook(raw, 'user_id')).toEqual(bodyProblem(problem));
  });

  test('every problem is listed, of the reserved fields and of the user', () => {
    expect(readShareWebhook(post('{"TEMPLATE_ID":"x","user_id":1.5}'), 'user_id')).toEqual([
      { field: 'CHAT_TYPE', problem: 'is missing' },
      { field: 'HASH_CHAT_ID', problem: 'is missing' },
      { field: 'TEMPLATE_ID', problem: 'must be an integer of at most 19 digits' },
      { field: 'user_id', problem: 'must be text or an integer' },
    ]);
  });

  test('whatever bytes come, they are understood or their problems are listed', () => {
    const tokens = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '"',
        ':',
        ',',
        '[',
        ']',
        '"CHAT_TYPE"',
        '"user_id"',
        '1',
        '\\',
        '%FF',
        '&',
        '=',
        '+',
      ),
    );
    const bytes = fc.oneof(
      fc.uint8Array(),
      tokens.map((all) => Buffer.from(all.join(''))),
    );
    const type = fc.constantFrom(JSON_TYPE, FORM_TYPE, undefined, '', ';');
    fc.assert(
      fc.property(
        bytes,
        bytes,
        type,
        fc.constantFrom('GET', 'POST'),
        (body, query, contentType, method) => {
          const raw = { method, contentType, contentEncoding: undefined };
          const reading = readShareWebhook(
            { ...raw, body: Buffer.from(body), query: Buffer.from(query) },
            'user_id',
          );
          expect(Array.isArray(reading) ? reading.length > 0 : 'fields' in reading).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
