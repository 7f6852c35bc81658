import fc from 'fast-check';
import { HostileService, MAX_PEAK_RSS_BYTES, testOfMemory } from './hostile-service.js';
import { DOOR, write, type RawRequest, type Sender } from './raw-request.js';

/** Of each property; `npm run test:hostile` asks for more. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? 25);
const LIMIT_MS = 180_000 + RUNS * 200;
/** Whole requests are sent so many at once: one that is never complete is waited for, for up to 11 s. */
const AT_ONCE = 25;
const WHOLE_LIMIT_MS = 20_000;
const FORM = 'application/x-www-form-urlencoded';

/** Bytes that HTTP lets stand in a request's target. */
const QUERY_BYTES = Array.from({ length: 0x7f - 0x21 }, (_, n) => String.fromCharCode(0x21 + n));
/** And in the value of a header: visible characters, spaces and tabs, and what is beyond ASCII. */
const HEADER_BYTES = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n)).filter(
  (char) => (char >= ' ' && char !== '\x7f') || char === '\t',
);
const textOf = (units: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...units), { maxLength }).map((chars) => chars.join(''));
const anyBytes = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes));
const anyJson = fc.json({ maxDepth: 6, noUnicodeString: false }).map((text) => Buffer.from(text));
/** Nearly what Kakao sends: so that what comes after the first check is met too. */
const nearlyKakao = fc
  .record(
    {
      CHAT_TYPE: fc.oneof(fc.constant('DirectChat'), fc.jsonValue()),
      HASH_CHAT_ID: fc.oneof(fc.constant('room'), fc.jsonValue()),
      TEMPLATE_ID: fc.jsonValue(),
      IS_SINGLE_CHATROOM: fc.jsonValue(),
      CHAT_MEMBER_COUNT_RANGE: fc.jsonValue(),
      user_id: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      share_intent: fc.oneof(fc.string(), fc.jsonValue()),
      custom: fc.jsonValue(),
    },
    { requiredKeys: ['CHAT_TYPE', 'HASH_CHAT_ID'] },
  )
  .map((fields) => Buffer.from(JSON.stringify(fields)));
const anyQuery = fc.oneof(
  textOf(QUERY_BYTES, 800),
  anyBytes.map((bytes) =>
    [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  ),
  fc
    .array(
      fc.tuple(
        fc.constantFrom('CHAT_TYPE', 'HASH_CHAT_ID', 'user_id', 'x'),
        textOf(QUERY_BYTES, 20),
      ),
    )
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
);

describe('arbitrary input', () => {
  let hostile: HostileService;

  beforeAll(async () => {
    hostile = await HostileService.start();
  }, LIMIT_MS);
  afterAll(async () => {
    await hostile.stop();
  });

  interface StoredRow {
    readonly id: string;
    readonly method: string;
    readonly query: Buffer;
    readonly body: Buffer;
    readonly headers: Readonly<Record<string, string>>;
  }

  /** Sends a webhook that must be taken, and gives what is stored of it. */
  async function take(request: RawRequest): Promise<StoredRow | undefined> {
    const sender = hostile.newSender();
    const answer = await hostile.send(write(request, sender));
    const { text, statuses } = answer;
    expect(statuses).toEqual([200]);
    await hostile.untilStored(answer);
    const deliveryId = /"deliveryId":"([^"]+)"/.exec(text)?.[1];
    const [row] = await hostile.db.rows<StoredRow>(
      'SELECT id, method, query, body, headers FROM kakao_share.deliveries WHERE id = $1',
      [deliveryId],
    );
    return row;
  }
  const check = (property: fc.IAsyncProperty<never>): Promise<void> =>
    fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns: RUNS, endOnFailure: true });

  test(
    'as the body of a webhook is answered 200 and stored to the byte',
    async () => {
      await check(
        fc.asyncProperty(
          fc.oneof(anyBytes, anyJson, nearlyKakao),
          fc.constantFrom('application/json', FORM, 'text/plain', undefined),
          async (body, type) => {
            const row = await take({ headers: { 'Content-Type': type }, body });
            expect(row?.body.equals(body)).toBe(true);
          },
        ) as never,
      );
    },
    LIMIT_MS,
  );

  test(
    'as the query of a webhook is answered 200 and stored to the byte',
    async () => {
      await check(
        fc.asyncProperty(anyQuery, async (query) => {
          const row = await take({ method: 'GET', target: `${DOOR}?${query}` });
          expect(row?.query.toString('latin1')).toBe(query);
        }) as never,
      );
    },
    LIMIT_MS,
  );

  test(
    'as headers of a webhook is answered 200 and kept as it came, up to 1,024 characters',
    async () => {
      await check(
        fc.asyncProperty(
          fc.constantFrom('Content-Type', 'Content-Encoding', 'User-Agent'),
          textOf(HEADER_BYTES, 1_500),
          async (name, value) => {
            const row = await take({ headers: { [name]: value }, body: '{}' });
            // White space around a value is none of it, by HTTP.
            const came = value.replace(/^[ \t]+|[ \t]+$/g, '').slice(0, 1_024);
            expect(row?.headers[name.toLowerCase()]).toBe(came);
          },
        ) as never,
      );
    },
    LIMIT_MS,
  );

  test(
    'as a resource id of a webhook is answered 200',
    async () => {
      await check(
        fc.asyncProperty(textOf(HEADER_BYTES, 300), async (value) => {
          const { id } = hostile.newSender();
          await take({ headers: { 'X-Kakao-Resource-ID': `${id}${value}` }, body: '{}' });
        }) as never,
      );
    },
    LIMIT_MS,
  );

  const ROUTES = [
    ...['/v1/keys', '/v1/unknown-keys', '/v1/unknown-keys/00000000', '/v1/unknown-keys/0/replay'],
    ...['/v1/replays', '/v1/deliveries', '/v1/deliveries/ID', '/v1/deliveries/ID/decisions'],
    ...['/v1/deliveries/ID/received', '/v1/deliveries/ID/corrections', '/v1/deliveries/ID/replay'],
    ...['/v1/destinations/in-process', '/v1/destinations/in-process/pause'],
    ...['/v1/destinations/in-process/resume', '/v1/destinations/in-process/refused-events'],
    ...['/v1/destinations/in-process/refused-events/resend'],
    ...['/v1/destinations/in-process/refused-events/discard', '/v1/event-endpoints/ID'],
    ...['/v1/event-endpoints/ID/rotate-secret', '/v1/event-endpoints/ID/refused-events/discard'],
    ...['/metrics', '/health', '/health/live', '/health/ready', '/share-status'],
  ];
  const SEGMENTS = [
    ...['v1', 'deliveries', 'users', 'campaigns', 'events', 'destinations', 'event-endpoints'],
    ...['share-intents', 'ledger', 'verification', 'entries.csv', 'redemptions', 'adjustments'],
    ...['rewards', 'balances', 'replay', 'simulate', 'kill-switch', 'state', 'reversal', 'keys'],
    ...['019a0000-0000-7000-8000-000000000000', 'in-process', 'nobody', 'unknown-keys', 'replays'],
    ...['corrections', 'received', 'decisions', 'pause', 'resume', 'refused-events'],
  ];
  const anyTarget = fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...ROUTES),
        fc
          .array(
            fc.oneof(
              { weight: 6, arbitrary: fc.constantFrom(...SEGMENTS) },
              { weight: 1, arbitrary: textOf(QUERY_BYTES, 20) },
            ),
            { maxLength: 5 },
          )
          .map((segments) => `/v1/${segments.join('/')}`),
      ),
      fc.option(anyQuery, { nil: undefined }),
    )
    .map(([path, query]) => `${path}${query === undefined ? '' : `?${query}`}`);
  const anyManagementBody = fc.oneof(
    anyBytes,
    anyJson,
    fc
      .record(
        {
          ...{
            reason: fc.jsonValue(),
            amount: fc.jsonValue(),
            direction: fc.constantFrom('credit', 'debit', 1),
          },
          ...{
            name: fc.jsonValue(),
            rules: fc.jsonValue(),
            userId: fc.jsonValue(),
            url: fc.jsonValue(),
          },
          ...{
            types: fc.jsonValue(),
            campaignId: fc.jsonValue(),
            expiresAt: fc.jsonValue(),
            token: fc.jsonValue(),
          },
          ...{
            dryRun: fc.oneof(fc.boolean(), fc.jsonValue()),
            receivedFrom: fc.oneof(fc.constant('2020-01-01T00:00:00Z'), fc.jsonValue()),
            receivedTo: fc.oneof(fc.constant('2100-01-01T00:00:00Z'), fc.jsonValue()),
            verdicts: fc.oneof(fc.constant(['no-user']), fc.jsonValue()),
            note: fc.oneof(fc.constant('x'), fc.jsonValue()),
            fields: fc.oneof(fc.constant({ user_id: 'x' }), fc.jsonValue()),
          },
        },
        { requiredKeys: [] },
      )
      .map((fields) => Buffer.from(JSON.stringify(fields))),
  );

  test(
    "with an operator's token is never answered 500 and more",
    async () => {
      const delivery = await take({ body: '{}' });
      const idOf = (target: string): string => target.replace('/ID', `/${delivery?.id ?? ''}`);
      await check(
        fc.asyncProperty(
          fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
          anyTarget,
          anyManagementBody,
          textOf(HEADER_BYTES, 30),
          async (method, target, body, key) => {
            const sender = hostile.newSender();
            const headers = {
              Authorization: `Bearer ${sender.adminToken}`,
              'Idempotency-Key': key,
              'Content-Type': 'application/json',
            };
            const request = {
              method,
              target: idOf(target),
              headers,
              ...(method === 'GET' ? {} : { body }),
            };
            const { statuses } = await hostile.send(write(request, sender));
            expect(statuses).toHaveLength(1);
            expect(statuses[0]).toBeLessThan(500);
          },
        ) as never,
      );
    },
    LIMIT_MS,
  );

  /** Whole requests, from the first byte on: put together of parts that are nearly right, or one that was right and is bent. */
  const anyLine = fc
    .tuple(
      fc.oneof(
        fc.constantFrom('GET', 'POST', 'PRI', 'OPTIONS', 'CONNECT'),
        textOf(HEADER_BYTES, 9),
      ),
      fc.oneof(fc.constantFrom(DOOR, '*', '/', '//', 'http://[', ''), textOf(QUERY_BYTES, 40)),
      fc.oneof(
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2'),
        textOf(QUERY_BYTES, 9),
      ),
    )
    .map((parts) => parts.join(' '));
  const anyFraming = fc.constantFrom(
    ...['Content-Length: 2', 'Content-Length: -1', 'Content-Length: 99999999999999999999'],
    ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: x'],
    ...['Connection: close', 'Connection: Upgrade', 'Upgrade: websocket', 'Expect: 100-continue'],
    ...['Expect: x', 'Host:', 'Host: a b', 'Trailer: X', 'TE: trailers', ' folded', 'no colon'],
  );
  const anyRequest = fc
    .record({
      line: anyLine,
      headers: fc.array(fc.oneof(anyFraming, textOf(HEADER_BYTES, 60)), { maxLength: 8 }),
      end: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
      body: fc.oneof(
        anyBytes,
        fc
          .constantFrom(...['2\r\n{}\r\n0\r\n\r\n', '{}', 'zz\r\n'])
          .map((text) => Buffer.from(text)),
      ),
      hasKey: fc.boolean(),
    })
    .map(({ line, headers, end, body, hasKey }) => (sender: Sender): Buffer => {
      const key = hasKey ? [`Authorization: KakaoAK ${sender.adminKey}`] : [];
      const lines = [line, 'Host: test', ...key, ...headers, 'Connection: close', '', ''];
      return Buffer.concat([Buffer.from(lines.join(end), 'latin1'), body]);
    });
  const anyBend = fc
    .array(fc.record({ at: fc.nat(400), cut: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) }), {
      ...{ minLength: 1, maxLength: 4 },
    })
    .map(
      (bends) =>
        (sender: Sender): Buffer =>
          bends.reduce(
            (bytes, { at, cut, put }) =>
              Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]),
            write({ body: '{"CHAT_TYPE":"DirectChat"}' }, sender),
          ),
    );

  test(
    'as a whole request is answered as no fault of ours, and the next webhook is taken',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(anyRequest, anyBend), { minLength: AT_ONCE, maxLength: AT_ONCE }),
          async (requests) => {
            const answers = await Promise.all(
              requests.map((request) =>
                hostile.send(request(hostile.newSender()), { limitMs: WHOLE_LIMIT_MS }),
              ),
            );
            // Node's parser says 505 of a version that it does not speak.
            const statuses = answers.flatMap((answer) => answer.statuses);
            expect(statuses.filter((status) => status >= 500 && status !== 505)).toEqual([]);
            await take({ body: '{}' });
          },
        ),
        { numRuns: Math.ceil(RUNS / AT_ONCE), endOnFailure: true },
      );
      expect(await hostile.isServing()).toBe(true);
    },
    LIMIT_MS + Math.ceil(RUNS / AT_ONCE) * 2 * WHOLE_LIMIT_MS,
  );

  describe('once it is settled', () => {
    test(
      'has a verdict for each webhook',
      async () => {
        await hostile.untilSettled();
        const [counts] = await hostile.db.rows<{ deliveries: number; decided: number }>(
          `SELECT (SELECT count(*)::int FROM kakao_share.deliveries) AS deliveries,
                (SELECT count(*)::int FROM kakao_share.decisions WHERE superseded_at IS NULL AND verdict <> 'failed') AS decided`,
        );
        expect(counts?.deliveries).toBeGreaterThanOrEqual(RUNS * 3);
        expect(counts?.decided).toBe(counts?.deliveries);
      },
      LIMIT_MS,
    );

    testOfMemory('never took more memory than its bound', () => {
      expect(hostile.peakRssBytes()).toBeLessThan(MAX_PEAK_RSS_BYTES);
    });

    test('has left the books right', async () => {
      const { body } = await hostile.service.api<{ ok: boolean }>('/v1/ledger/verification');
      expect(body.ok).toBe(true);
      expect(hostile.service.output()).not.toMatch(/"level":(50|60)/);
    });

    test('has left no key and no token in any log, answer, metric or table', async () => {
      expect(await hostile.findSecrets()).toEqual([]);
    });
  });
});
