import { Sender } from '../../src/simulator/send.js';
import { buildShareRequest, withHeader } from '../../src/simulator/share-request.js';
import type { ShareRequestOptions } from '../../src/simulator/share-request.js';
import { rawJson } from '../../src/simulator/share.js';
import type { Share } from '../../src/simulator/share.js';
import { startRecordingServer } from './recording-server.js';
import type { Received, RecordingServer } from './recording-server.js';

const KAKAO_SAMPLE: Share = {
  chatType: 'MemoChat',
  hashChatId: '${HASH_CHAT_ID}',
  templateId: 10000,
  customParameters: { custom_parameter_key: 'custom_parameter_value' },
};
const SAMPLE_HEADERS = {
  authorization: 'KakaoAK ${SERVICE_APP_ADMIN_KEY}',
  'x-kakao-resource-id': '${UNIQUE_ID}',
  'user-agent': 'KakaoOpenAPI/1.0',
};

describe('a share request', () => {
  let server: RecordingServer;
  let sender: Sender;

  beforeEach(async () => {
    server = await startRecordingServer();
    sender = new Sender();
  });
  afterEach(async () => {
    sender.close();
    await server.close();
  });

  function options(changes: Partial<ShareRequestOptions> = {}): ShareRequestOptions {
    const adminKey = '${SERVICE_APP_ADMIN_KEY}';
    return { url: server.url, adminKey, resourceId: '${UNIQUE_ID}', method: 'POST', ...changes };
  }

  async function sent(share: Share, changes: Partial<ShareRequestOptions> = {}): Promise<Received> {
    await sender.send(buildShareRequest(share, options(changes)));
    const [received] = server.received.splice(0);
    if (!received) throw new Error('nothing received');
    return received;
  }

  it("is Kakao's POST sample to the byte", async () => {
    const received = await sent(KAKAO_SAMPLE);

    expect(received.method).toBe('POST');
    expect(received.url).toBe('/webhooks/kakao/share');
    expect(received.headers).toMatchObject({
      ...SAMPLE_HEADERS,
      'content-type': 'application/json',
    });
    expect(received.body.toString()).toBe(
      [
        '{',
        '"CHAT_TYPE":"MemoChat",',
        '"HASH_CHAT_ID":"${HASH_CHAT_ID}",',
        '"TEMPLATE_ID":10000,',
        '"custom_parameter_key":"custom_parameter_value"',
        '}',
      ].join('\n'),
    );
  });

  it("is Kakao's GET sample to the byte, with the values escaped as a query needs it", async () => {
    const received = await sent({ ...KAKAO_SAMPLE, hashChatId: 'HASH' }, { method: 'GET' });

    expect(received.method).toBe('GET');
    expect(received.url).toBe(
      '/webhooks/kakao/share?CHAT_TYPE=MemoChat&HASH_CHAT_ID=HASH&TEMPLATE_ID=10000&custom_parameter_key=custom_parameter_value',
    );
    expect(received.headers).toMatchObject(SAMPLE_HEADERS);
    expect(received.headers).not.toHaveProperty('content-type');
    expect(received.body).toHaveLength(0);
  });

  it('keeps every digit of a number, of a template id, and nested JSON as given', async () => {
    const customParameters = {
      user_id: rawJson('9223372036854775807'),
      more: rawJson('{"a":[1]}'),
    };
    const share = { ...KAKAO_SAMPLE, templateId: '9007199254740993', customParameters };

    const json = (await sent(share)).body.toString();
    expect(json).toContain('"TEMPLATE_ID":9007199254740993,');
    expect(json).toContain('"user_id":9223372036854775807,');
    expect(json).toContain('"more":{"a":[1]}');
    const query = new URLSearchParams((await sent(share, { method: 'GET' })).url.split('?')[1]);
    expect(query.get('user_id')).toBe('9223372036854775807');
    expect(query.get('more')).toBe('{"a":[1]}');
  });

  it('sends a form with its content type', async () => {
    const customParameters = { user_id: '가 &=+', n: rawJson('7') };
    const received = await sent({ ...KAKAO_SAMPLE, customParameters }, { encoding: 'form' });

    expect(received.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(received.body.toString()))).toEqual({
      CHAT_TYPE: 'MemoChat',
      HASH_CHAT_ID: '${HASH_CHAT_ID}',
      TEMPLATE_ID: '10000',
      user_id: '가 &=+',
      n: '7',
    });
  });

  it.each([
    ['absent', undefined, '{\n"CHAT_TYPE":"MemoChat",\n"HASH_CHAT_ID":"h"\n}'],
    ['empty', '', '{\n"CHAT_TYPE":"MemoChat",\n"HASH_CHAT_ID":"h",\n"TEMPLATE_ID":""\n}'],
    ['null', null, '{\n"CHAT_TYPE":"MemoChat",\n"HASH_CHAT_ID":"h",\n"TEMPLATE_ID":null\n}'],
  ])('can leave the template id %s', async (_name, templateId, body) => {
    const share = { chatType: 'MemoChat', hashChatId: 'h', templateId, customParameters: {} };

    expect((await sent(share)).body.toString()).toBe(body);
  });

  it('adds the paid fields only when told, as a boolean or as text', async () => {
    const paid = { ...KAKAO_SAMPLE, isSingleChatroom: false, chatMemberCountRange: '5+' };

    const body = (await sent(paid)).body.toString();
    expect(body).toContain('"IS_SINGLE_CHATROOM":false,\n"CHAT_MEMBER_COUNT_RANGE":"5+",');
    const text = (await sent({ ...paid, isSingleChatroom: 'true' })).body.toString();
    expect(text).toContain('"IS_SINGLE_CHATROOM":"true",');
    expect((await sent(KAKAO_SAMPLE)).body.toString()).not.toMatch(/IS_SINGLE|COUNT_RANGE/);
  });

  it('can leave the plus unescaped, which then reads as a space', async () => {
    const share = { ...KAKAO_SAMPLE, chatMemberCountRange: '1+' };

    const escaped = (await sent(share, { method: 'GET' })).url;
    expect(escaped).toContain('CHAT_MEMBER_COUNT_RANGE=1%2B&');
    const { url } = await sent(share, { method: 'GET', unescapedPlus: true });
    expect(url).toContain('CHAT_MEMBER_COUNT_RANGE=1+&');
    expect(new URLSearchParams(url.split('?')[1]).get('CHAT_MEMBER_COUNT_RANGE')).toBe('1 ');
  });

  it('can come without a content type or with another', async () => {
    expect((await sent(KAKAO_SAMPLE, { contentType: null })).headers).not.toHaveProperty(
      'content-type',
    );
    const other = await sent(KAKAO_SAMPLE, { contentType: 'text/plain' });
    expect(other.headers['content-type']).toBe('text/plain');
  });

  it('appends to a query that the webhook URL already has', async () => {
    const url = `${server.url}?from=kakao`;

    expect((await sent(KAKAO_SAMPLE, { method: 'GET', url })).url).toMatch(
      /\?from=kakao&CHAT_TYPE=MemoChat&/,
    );
  });

  it('can have any header replaced, repeated or left out', async () => {
    const request = buildShareRequest(KAKAO_SAMPLE, options());
    await sender.send(withHeader(request, 'authorization', undefined));
    await sender.send(withHeader(request, 'X-Kakao-Resource-ID', ['a', 'b']));

    expect(server.received[0]?.headers).not.toHaveProperty('authorization');
    expect(server.received[1]?.headersDistinct['x-kakao-resource-id']).toEqual(['a', 'b']);
  });

  it('lets a forged argument repeat a reserved word', async () => {
    const share = { ...KAKAO_SAMPLE, customParameters: { CHAT_TYPE: 'DirectChat' } };

    expect((await sent(share)).body.toString()).toMatch(/"MemoChat"[^]*"CHAT_TYPE":"DirectChat"/);
  });
});
