import fc from 'fast-check';
import { HostileService, MAX_RSS_BYTES } from './hostile-service.js';
import { DOOR, write, type RawRequest } from './raw-request.js';

/** Of each property; `npm run test:hostile` asks for more. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? 25);
const LIMIT_MS = 180_000 + RUNS * 200;
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
      'SELECT method, query, body, headers FROM kakao_share.deliveries WHERE id = $1',
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

  const SEGMENTS = [
    ...['v1', 'deliveries', 'users', 'campaigns', 'events', 'destinations', 'event-endpoints'],
    ...['share-intents', 'ledger', 'verification', 'entries.csv', 'redemptions', 'adjustments'],
    ...['rewards', 'balances', 'replay', 'simulate', 'kill-switch', 'state', 'reversal', 'metrics'],
    ...['019a0000-0000-7000-8000-000000000000', 'in-process', 'nobody', 'share-status', 'health'],
  ];
  const anyTarget = fc
    .tuple(
      fc.array(
        fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...SEGMENTS) },
          { weight: 1, arbitrary: textOf(QUERY_BYTES, 20) },
        ),
        { maxLength: 5 },
      ),
      fc.option(anyQuery, { nil: undefined }),
    )
    .map(
      ([segments, query]) => `/v1/${segments.join('/')}${query === undefined ? '' : `?${query}`}`,
    );
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
        },
        { requiredKeys: [] },
      )
      .map((fields) => Buffer.from(JSON.stringify(fields))),
  );

  test(
    "with an operator's token is never answered 500 and more",
    async () => {
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
            const request = { method, target, headers, ...(method === 'GET' ? {} : { body }) };
            const { statuses } = await hostile.send(write(request, sender));
            expect(statuses).toHaveLength(1);
            expect(statuses[0]).toBeLessThan(500);
          },
        ) as never,
      );
    },
    LIMIT_MS,
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

    test('has left the books right, and the memory of the process below its bound', async () => {
      const { body } = await hostile.service.api<{ ok: boolean }>('/v1/ledger/verification');
      expect(body.ok).toBe(true);
      expect(hostile.rssBytes() ?? 0).toBeLessThan(MAX_RSS_BYTES);
      expect(hostile.service.output()).not.toMatch(/"level":(50|60)/);
    });

    test('has left no key and no token in any log, answer, metric or table', async () => {
      expect(await hostile.findSecrets()).toEqual([]);
    });
  });
});
