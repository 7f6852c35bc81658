import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { RawAnswer } from './exchange.js';
import { HostileService, MAX_PEAK_RSS_BYTES, testOfMemory } from './hostile-service.js';
import { DOOR, shareForm, shareJson, write, type RawRequest, type Sender } from './raw-request.js';

const RUN_LIMIT_MS = 240_000;
/** 10 s for a whole request, at most 1 s until that is noticed, and more for a machine that is busy. */
const HANG_UP_LIMIT_MS = 90_000;
const LARGE_AT_ONCE = 200;
/** Fewer than may wait at a listening socket. */
const OPENED_AT_ONCE = 200;
/** Set it higher where the system lets a process have more. */
const IDLE_CONNECTIONS = Number(process.env.HOSTILE_CONNECTIONS ?? 1_000);

describe('what comes over a raw socket', () => {
  let hostile: HostileService;

  beforeAll(async () => {
    hostile = await HostileService.start();
  }, RUN_LIMIT_MS);
  afterAll(async () => {
    await hostile.stop();
  });
  /** Whatever was sent, the next webhook is taken. */
  afterEach(async () => {
    const sender = hostile.newSender();
    const { text } = await hostile.send(write({ body: shareJson(sender) }, sender));
    expect(text).toContain('"accepted"');
  });

  const stored = ({ id }: Sender): Promise<number> =>
    hostile.db.number('SELECT count(*) FROM kakao_share.deliveries WHERE resource_id LIKE $1', [
      `${id}%`,
    ]);
  /** A webhook in chunks, written by hand. */
  const chunked = (sender: Sender, chunks: string): Buffer => {
    const headers = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/json' };
    return Buffer.concat([write({ headers }, sender), Buffer.from(chunks)]);
  };
  const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

  describe('and would be two requests for one reader, one for another', () => {
    const smuggled = `GET /v1/deliveries HTTP/1.1\r\nHost: test\r\n\r\n`;
    test.each<[string, RawRequest]>([
      [
        'a length and chunks',
        { headers: { 'Content-Length': '6', 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\nX' },
      ],
      [
        'chunks and a length',
        { headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': '4' }, body: '5c\r\n' },
      ],
      ['two lengths', { headers: { 'Content-Length': ['5', '6'] }, body: 'hello!' }],
      ['two lengths in one', { headers: { 'Content-Length': '5, 6' }, body: 'hello!' }],
      ['the same length twice', { headers: { 'Content-Length': ['2', '2'] }, body: '{}' }],
      ['a length with a sign', { headers: { 'Content-Length': '+2' }, body: '{}' }],
      ['a negative length', { headers: { 'Content-Length': '-2' }, body: '{}' }],
      ['a length in hexadecimal', { headers: { 'Content-Length': '0x2' }, body: '{}' }],
      ['an empty length', { headers: { 'Content-Length': '' }, body: '{}' }],
      ['a length that is a word', { headers: { 'Content-Length': 'two' }, body: '{}' }],
      [
        'an encoding that is not the last',
        {
          headers: { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked, identity' },
          body: smuggled,
        },
      ],
      [
        'an encoding that is none',
        {
          headers: { 'Content-Length': undefined, 'Transfer-Encoding': 'xchunked' },
          body: smuggled,
        },
      ],
      [
        'an encoding that is spelt with a tab',
        {
          headers: { 'Content-Length': '5' },
          lines: ['Transfer-Encoding\t: chunked'],
          body: 'hello',
        },
      ],
      [
        'an encoding in a line that goes on',
        {
          headers: { 'Content-Length': '5' },
          lines: ['Transfer-Encoding:', ' chunked'],
          body: 'hello',
        },
      ],
      ['a line break alone in a header', { lines: ['X: 1\nContent-Length: 0'], body: smuggled }],
    ])('%s is answered 400, and what follows is not read', async (_, request) => {
      const sender = hostile.newSender();
      const { statuses } = await hostile.send(
        Buffer.concat([write(request, sender), Buffer.from(smuggled)]),
      );
      expect(statuses).toEqual([400]);
      expect(await stored(sender)).toBe(0);
    });

    test('lines that end in a line feed alone are answered 400', async () => {
      const sender = hostile.newSender();
      const text = write({ body: shareJson(sender) }, sender).toString('latin1');
      const { statuses } = await hostile.send(text.replaceAll('\r\n', '\n'));
      expect(statuses).toEqual([400]);
      expect(await stored(sender)).toBe(0);
    });

    test('what stands behind the announced length is the next request, and judged as such', async () => {
      const sender = hostile.newSender();
      const request = { headers: { Connection: 'keep-alive' }, body: shareJson(sender) };
      const next = 'GET /v1/deliveries HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n';
      const answer = await hostile.send(Buffer.concat([write(request, sender), Buffer.from(next)]));
      expect(answer.statuses).toEqual([200, 401]);
      await hostile.untilStored(answer);
      expect(await stored(sender)).toBe(1);
    });
  });

  describe('in chunks', () => {
    test.each<[string, (body: string) => string]>([
      ['a size that is no number', () => 'zz\r\n{}\r\n0\r\n\r\n'],
      ['a negative size', () => '-2\r\n{}\r\n0\r\n\r\n'],
      ['a size that no number holds', () => `${'f'.repeat(17)}\r\n{}\r\n0\r\n\r\n`],
      ['a size with a prefix', () => '0x2\r\n{}\r\n0\r\n\r\n'],
      ['a size that is too small', (body) => `2\r\n${body}\r\n0\r\n\r\n`],
      ['no size', () => '\r\n{}\r\n0\r\n\r\n'],
      ['extensions of 100 KB', () => `2;${'x'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`],
      ['a NUL in an extension', () => '2;a=\0\r\n{}\r\n0\r\n\r\n'],
    ])('%s stores nothing and is answered 4xx', async (_, chunks) => {
      const sender = hostile.newSender();
      const { statuses } = await hostile.send(chunked(sender, chunks(shareJson(sender))));
      expect(statuses).toHaveLength(1);
      expect(statuses[0]).toBeGreaterThanOrEqual(400);
      expect(statuses[0]).toBeLessThan(500);
      expect(await stored(sender)).toBe(0);
    });

    test('extensions and trailers are read over, and change nothing', async () => {
      const sender = hostile.newSender();
      const other = hostile.newSender();
      const body = shareJson(sender);
      const chunks = `${body.length.toString(16)};a=b\r\n${body}\r\n0\r\nX-Kakao-Resource-ID: ${other.id}\r\n\r\n`;
      const answer = await hostile.send(chunked(sender, chunks));
      expect(answer.text).toContain('"accepted"');
      await hostile.untilStored(answer);
      expect([await stored(sender), await stored(other)]).toEqual([1, 0]);
    });

    test('trailers of 100 KB store nothing', async () => {
      const sender = hostile.newSender();
      const trailers = Array.from({ length: 100 }, (_, n) => `X-${n}: ${'t'.repeat(1_000)}\r\n`);
      const chunks = `${chunk(shareJson(sender))}0\r\n${trailers.join('')}\r\n`;
      const { statuses, closedBy } = await hostile.send(chunked(sender, chunks));
      expect(closedBy).toBe('peer');
      expect([[], [400], [413], [431]]).toContainEqual(statuses);
      expect(await stored(sender)).toBe(0);
    });

    test('65,000 chunks of a byte and then no end are given up on', async () => {
      const sender = hostile.newSender();
      const { statuses } = await hostile.send(chunked(sender, '1\r\n{\r\n'.repeat(65_000)));
      expect(statuses).toEqual([408]);
      expect(await stored(sender)).toBe(0);
    });

    test('chunks without end are cut off at 64 KiB', async () => {
      const sender = hostile.newSender();
      const { statuses, closedBy } = await hostile.send(
        chunked(sender, chunk('x'.repeat(8_000)).repeat(500)),
      );
      expect(closedBy).toBe('peer');
      // The answer can be lost while the rest is still coming.
      expect([[], [413]]).toContainEqual(statuses);
      expect(await stored(sender)).toBe(0);
    });
  });

  /** They take their time, so all of them do so at once. */
  describe('slowly or never', () => {
    const senders = {} as Record<'head' | 'body' | 'short' | 'operator', Sender>;
    const answers = {} as Record<keyof typeof senders, RawAnswer>;
    let idle: { readonly opened: number; readonly left: number };

    const inPieces = (bytes: Buffer, pieces: number): Buffer[] => {
      const size = Math.ceil(bytes.length / pieces);
      return Array.from({ length: pieces }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
    };
    const play = async (
      name: keyof typeof senders,
      parts: (sender: Sender) => Buffer[],
      pauseMs = 0,
    ): Promise<void> => {
      const sender = hostile.newSender();
      senders[name] = sender;
      answers[name] = await hostile.send(parts(sender), { limitMs: HANG_UP_LIMIT_MS, pauseMs });
    };

    beforeAll(async () => {
      const filler = 'x'.repeat(2_000);
      const tooShort = { 'Content-Length': '1000', 'Content-Type': 'application/json' };
      await Promise.all([
        play('head', (sender) => inPieces(write({ lines: [`X: ${filler}`] }, sender), 100), 300),
        play(
          'body',
          (sender) => inPieces(write({ body: shareJson(sender, `"x":"${filler}"`) }, sender), 60),
          200,
        ),
        play('short', (sender) => [write({ headers: tooShort }, sender), Buffer.from('{')]),
        play('operator', (sender) => {
          const headers = { ...tooShort, Authorization: `Bearer ${sender.adminToken}` };
          return [write({ target: '/v1/campaigns', headers }, sender)];
        }),
        holdIdle(hostile.service.url).then((seen) => (idle = seen)),
      ]);
    }, RUN_LIMIT_MS);

    test('nobody is left waiting: the service hangs up on each', () => {
      const closedBy = Object.values(answers).map((answer) => answer.closedBy);
      expect(closedBy).toEqual(['peer', 'peer', 'peer', 'peer']);
    });

    test('headers that trickle are hung up on with 408, or without a word', async () => {
      expect([[], [408]]).toContainEqual(answers.head.statuses);
      expect(await stored(senders.head)).toBe(0);
    });

    test('a body that trickles is given up on with 408', async () => {
      expect(answers.body.statuses).toEqual([408]);
      expect(await stored(senders.body)).toBe(0);
    });

    test('a length that is not reached is given up on with 408', async () => {
      expect(answers.short.statuses).toEqual([408]);
      expect(await stored(senders.short)).toBe(0);
    });

    test('an operator who announces a body and sends none is hung up on', () => {
      expect([[], [400], [408]]).toContainEqual(answers.operator.statuses);
    });

    test(`${IDLE_CONNECTIONS} connections that say nothing are hung up on`, () => {
      expect(idle.opened).toBeGreaterThan(IDLE_CONNECTIONS * 0.9);
      expect(idle.left).toBe(0);
    });

    test('half a webhook and the end of the connection store nothing', async () => {
      const sender = hostile.newSender();
      const { hostname, port } = new URL(hostile.service.url);
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      const whole = write({ body: shareJson(sender) }, sender);
      socket.end(whole.subarray(0, whole.length - 10));
      socket.resume();
      await once(socket, 'close');
      expect(await stored(sender)).toBe(0);
    });
  });

  describe('many at once', () => {
    test('300 webhooks in one packet are answered each, in their order', async () => {
      const senders = Array.from({ length: 300 }, () => hostile.newSender());
      const requests = senders.map((sender, n) =>
        write(
          {
            method: 'GET',
            target: `${DOOR}?${shareForm(sender)}`,
            headers: {
              Connection: n === senders.length - 1 ? 'close' : 'keep-alive',
              ...(n % 3 === 2 ? { Authorization: 'KakaoAK wrong' } : {}),
            },
          },
          sender,
        ),
      );
      const { statuses } = await hostile.send(Buffer.concat(requests));
      expect(statuses).toEqual(senders.map((_, n) => (n % 3 === 2 ? 401 : 200)));
    });

    test('a request that cannot be read ends the packet, not what stood before it', async () => {
      const sender = hostile.newSender();
      const good = write(
        { headers: { Connection: 'keep-alive' }, body: shareJson(sender) },
        sender,
      );
      const { statuses } = await hostile.send(
        Buffer.concat([good, Buffer.from('NONSENSE\r\n\r\n'), good]),
      );
      expect(statuses.filter((status) => status >= 400)).toEqual([400]);
      expect(statuses.length).toBeLessThanOrEqual(2);
    });
  });

  describe('in words for somebody else', () => {
    test('CONNECT is hung up on', async () => {
      const { statuses, closedBy } = await hostile.send(
        'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
      );
      expect(closedBy).toBe('peer');
      expect([[], [400]]).toContainEqual(statuses);
    });

    test('OPTIONS * is answered 404', async () => {
      const { statuses } = await hostile.send(
        'OPTIONS * HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n',
      );
      expect(statuses).toEqual([404]);
    });

    test.each([
      ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
      ['a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
      ['a proxy protocol', 'PROXY TCP4 203.0.113.7 10.0.0.1 5 80\r\nGET / HTTP/1.1\r\n\r\n'],
      ['Redis', '*1\r\n$4\r\nPING\r\n'],
      ['SSH', 'SSH-2.0-OpenSSH_9.0\r\n'],
      ['a line without end', 'x'.repeat(100_000)],
    ])('%s is answered 400', async (_, text) => {
      const { statuses } = await hostile.send(text);
      expect(statuses).toEqual([400]);
    });

    test('who asks first is told to go on, and then answered', async () => {
      const sender = hostile.newSender();
      const body = shareJson(sender);
      const { text, statuses } = await hostile.send(
        write({ headers: { Expect: '100-continue' }, body }, sender),
      );
      expect(text).toMatch(/^HTTP\/1\.1 100 /);
      expect(statuses).toEqual([200]);
    });

    test('no upgrade is made: the request is answered as it is', async () => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
      };
      const lines = ['Connection: close'];
      const sender = hostile.newSender();
      const { statuses } = await hostile.send(
        write({ method: 'GET', target: '/health/live', headers, lines }, sender),
      );
      expect(statuses).toEqual([200]);
    });
  });

  describe('large, and many at once', () => {
    const filler = 'x'.repeat(63 * 1_024);
    const largeBody = (sender: Sender): Buffer =>
      write({ body: shareJson(sender, `"x":"${filler}"`) }, sender);
    const largeQuery = (sender: Sender): Buffer =>
      write(
        { method: 'GET', target: `${DOOR}?${shareForm(sender, `&x=${'x'.repeat(60_000)}`)}` },
        sender,
      );
    const slowly = (bytes: Buffer): Buffer[] => [
      bytes.subarray(0, 40_000),
      bytes.subarray(40_000, -1),
      bytes.subarray(-1),
    ];

    test.each<[string, (sender: Sender) => Buffer[]]>([
      ['bodies', (sender) => [largeBody(sender)]],
      ['bodies that take their time', (sender) => slowly(largeBody(sender))],
      ['queries', (sender) => [largeQuery(sender)]],
    ])(
      `${LARGE_AT_ONCE} %s of 60 KB are answered each, taken or told to come again`,
      async (_, parts) => {
        const answers = await Promise.all(
          Array.from({ length: LARGE_AT_ONCE }, () =>
            hostile.send(parts(hostile.newSender()), { limitMs: HANG_UP_LIMIT_MS, pauseMs: 300 }),
          ),
        );
        // A machine that is slow brings some of them too late for the 2 s that a body may take.
        const odd = answers.filter(
          ({ closedBy, statuses: [status = 0, ...more] }) =>
            closedBy !== 'peer' || more.length > 0 || ![200, 408, 503].includes(status),
        );
        expect(odd).toEqual([]);
      },
      RUN_LIMIT_MS,
    );
  });

  describe('and after all of it', () => {
    testOfMemory('never took more memory than its bound', () => {
      expect(hostile.peakRssBytes()).toBeLessThan(MAX_PEAK_RSS_BYTES);
    });

    test('is served by the same process still', async () => {
      expect(await hostile.isServing()).toBe(true);
      expect(hostile.service.output()).not.toMatch(/"level":(50|60)/);
    });

    test('leaves no key and no token in any log, answer, metric or table', async () => {
      await hostile.untilSettled();
      expect(await hostile.findSecrets()).toEqual([]);
    });
  });
});

/** Opens connections, says nothing, and waits until they are closed from the other side. */
async function holdIdle(url: string): Promise<{ opened: number; left: number }> {
  const { hostname, port } = new URL(url);
  let opened = 0;
  const open = new Set<Socket>();
  const sockets: Socket[] = [];
  while (sockets.length < IDLE_CONNECTIONS) {
    for (let n = 0; n < OPENED_AT_ONCE; n++) {
      const socket = connect(Number(port), hostname).resume();
      socket.on('connect', () => {
        opened += 1;
        open.add(socket);
      });
      sockets.push(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
    }
    // Whoever comes behind them and is answered shows that the service has them all: what the system drops of a longer queue is open
    // on this side alone, and nobody could hang up on it.
    await fetch(new URL('/health/live', url)).then((response) => response.text());
  }
  const untilClosed = (socket: Socket): Promise<unknown> =>
    socket.closed ? Promise.resolve() : once(socket, 'close').catch(() => undefined);
  const giveUp = pause(HANG_UP_LIMIT_MS, undefined, { ref: false });
  await Promise.race([Promise.all(sockets.map(untilClosed)), giveUp]);
  const left = open.size;
  for (const socket of sockets) socket.destroy();
  return { opened, left };
}
