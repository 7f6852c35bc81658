import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { curlLine } from '../../src/simulator/curl.js';
import { simulateShares } from '../../src/simulator/scenario.js';
import { Sender } from '../../src/simulator/send.js';
import { buildShareRequest, withHeader } from '../../src/simulator/share-request.js';
import type { PreparedRequest, ShareRequestOptions } from '../../src/simulator/share-request.js';
import type { Share } from '../../src/simulator/share.js';
import { startRecordingServer } from './recording-server.js';
import type { Received, RecordingServer } from './recording-server.js';

const NASTY: Share = {
  chatType: 'MultiChat',
  hashChatId: `'; touch /tmp/no #`,
  chatMemberCountRange: '1+',
  customParameters: {
    user_id: `$(id) \`id\` "x" \\ ! * ? {a,b} [1-2] %s 가나다\n@file`,
    "it's": '',
  },
};

/** Headers that belong to the connection, not to the request. */
function essence({ method, url, headers, body }: Received): object {
  return { method, url, headers: { ...headers, connection: '' }, body: body.toString('hex') };
}

describe('the curl line', () => {
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

  function build(changes: Partial<ShareRequestOptions> = {}): PreparedRequest {
    const basics = {
      url: server.url,
      adminKey: "k'ey",
      resourceId: 'r:1',
      method: 'POST' as const,
    };
    return buildShareRequest(NASTY, { ...basics, ...changes });
  }

  async function expectSame(request: PreparedRequest, hiddenKey?: string): Promise<void> {
    await sender.send(request);
    const env = { ...process.env, KAKAO_ADMIN_KEY: hiddenKey, http_proxy: 'http://127.0.0.1:9' };
    const { stdout } = await promisify(execFile)('sh', ['-c', curlLine(request, hiddenKey)], {
      env,
    });
    expect(stdout).toContain('200 OK');
    const [byNode, byCurl] = server.received.splice(0);
    if (!byNode || !byCurl) throw new Error('not received twice');
    expect(essence(byCurl)).toEqual(essence(byNode));
  }

  it.each<[string, Partial<ShareRequestOptions>]>([
    ['JSON', {}],
    ['a form', { encoding: 'form' }],
    ['a GET', { method: 'GET' }],
    ['a GET with a bare plus', { method: 'GET', unescapedPlus: true }],
    ['no content type', { contentType: null }],
    ['an empty resource id', { resourceId: '' }],
  ])('run by sh sends the very same request: %s', async (_name, changes) => {
    await expectSame(build(changes));
  });

  it('run by sh sends any bytes, any path and any headers', async () => {
    const body = Buffer.from([0, 0xff, 0x27, 0x25, 0x5c, 10, 13]);
    await expectSame({ ...build(), body });
    await expectSame({ ...build(), method: 'PUT', body: '@/etc/hostname' });
    await expectSame({ ...build(), url: `${server.url}/../[1-2]{a}?x=%00` });
    await expectSame(withHeader(build(), 'User-Agent', undefined));
    await expectSame(withHeader(build(), 'X-Kakao-Resource-ID', ['a', 'b']));
  });

  it('run by sh sends what a scenario sends', async () => {
    const mix = { wrongKeys: 0.3, get: 0.5, form: 0.5 };
    const adminKey = 'secret';
    for (const { request } of simulateShares({
      seed: 'c',
      url: server.url,
      adminKey,
      mix,
      count: 20,
    })) {
      await expectSame(request, adminKey);
    }
  });

  it('takes a hidden key from a variable, wherever it stands', async () => {
    const request = withHeader(build(), 'Authorization', "KakaoAK k'ey0");

    await expectSame(request, "k'ey");
    expect(curlLine(request, "k'ey")).toContain(`'Authorization: KakaoAK '"$KAKAO_ADMIN_KEY"'0'`);
    expect(curlLine(request, "k'ey")).not.toMatch(/k'(\\'')?ey/);
  });
});
