import { gzipSync } from 'node:zlib';
import { cutOff, refused, type HostileCase } from '../hostile-case.js';
import type { RawRequest, Sender } from '../raw-request.js';

const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';
const NOT_BEFORE = { 'X-Kakao-Resource-ID': undefined };

const manage =
  (target: string, request: RawRequest = {}) =>
  ({ adminToken }: Sender): RawRequest => ({
    method: 'GET',
    target,
    ...request,
    headers: { ...NOT_BEFORE, Authorization: `Bearer ${adminToken}`, ...request.headers },
  });
const post = (target: string, body: string | Buffer, headers: RawRequest['headers'] = {}) =>
  manage(target, { method: 'POST', body, headers });
const KEY = { 'Idempotency-Key': 'hostile' };
const adjust = (body: string, headers: NonNullable<RawRequest['headers']> = KEY) =>
  post('/v1/users/nobody/adjustments', body, headers);

const BAD_READS: readonly [string, number][] = [
  ['/v1/deliveries?limit=0', 400],
  ['/v1/deliveries?limit=-1', 400],
  ['/v1/deliveries?limit=201', 400],
  ['/v1/deliveries?limit=1.5', 400],
  ['/v1/deliveries?limit=Infinity', 400],
  ['/v1/deliveries?limit=9007199254740993', 400],
  ['/v1/deliveries?limit=1&limit=2', 400],
  ['/v1/deliveries?limit[]=1', 400],
  ['/v1/deliveries?limit[__proto__]=1', 400],
  ['/v1/deliveries?__proto__=1', 400],
  ['/v1/deliveries?__proto__[x]=1', 400],
  ['/v1/deliveries?constructor=1', 400],
  [`/v1/deliveries?${'a=1&'.repeat(5_000)}`, 400],
  ["/v1/deliveries?cursor=1'%20OR%20'1'='1", 400],
  ['/v1/deliveries?userId=%00', 400],
  [`/v1/deliveries?userId=${'x'.repeat(257)}`, 400],
  ['/v1/deliveries?app=', 400],
  ['/v1/deliveries?userId=a&userId=b', 400],
  ['/v1/deliveries/1', 400],
  ["/v1/deliveries/'", 400],
  ['/v1/deliveries/..%2f..%2fusers', 400],
  [`/v1/deliveries/${UNKNOWN_ID}`, 404],
  [`/v1/deliveries/${UNKNOWN_ID}%00`, 400],
  ['/v1/users/%00', 404],
  ['/v1/users/%', 400],
  ['/v1/users/%FF', 400],
  ['/v1/users/%ED%A0%80', 400],
  [`/v1/users/${'x'.repeat(5_000)}`, 404],
  ['/v1/users/..%2f..%2fhealth%2flive', 404],
  ['/v1/users/nobody/balances?at=yesterday', 400],
  ['/v1/users/nobody/balances?unit=POINT', 400],
  ['/v1/users/hasOwnProperty', 404],
  ['/v1/events?type[]=x', 400],
  ['/v1/ledger/entries.csv', 400],
  ['/v1/ledger/entries.csv?from=2026-01-01&to=x', 400],
  ['/v1/ledger/entries.csv?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z', 400],
  ['/v1/campaigns/x', 400],
  ['/v1/campaigns?state=x', 400],
  ['/v1/destinations/%00', 404],
  [`/v1/destinations/${'x'.repeat(10_000)}`, 404],
  ['/v1/event-endpoints/x', 400],
  ['/v1/share-intents/x', 400],
  ['/v1', 404],
  ['/v1/', 404],
  ['/v2/deliveries', 404],
  ['//v1/deliveries', 404],
  ['/v1/deliveries/../../etc/passwd', 404],
];
const BAD_AMOUNTS = [
  '0',
  '-1',
  '0.5',
  '1e13',
  '1e400',
  '"10"',
  'null',
  '[1]',
  '{}',
  '9007199254740993',
];
const adjustment = (amount: string): string =>
  `{"direction":"credit","amount":${amount},"reason":"x"}`;

/** Callers with a token can be wrong as well: each is told so, and nothing moves. */
export const MANAGEMENT: readonly HostileCase[] = [
  ...BAD_READS.map(([target, status]) =>
    refused(`GET ${target.slice(0, 70)}`, status, manage(target), /problem\+json/),
  ),
  ...BAD_AMOUNTS.map((amount) =>
    refused(`an adjustment by ${amount}`, 400, adjust(adjustment(amount)), /amount/),
  ),
  refused('an adjustment of nobody', 404, adjust(adjustment('10'))),
  refused('an adjustment without a key', 400, adjust(adjustment('10'), {}), /Idempotency-Key/),
  refused(
    'an adjustment with a key of 201 characters',
    400,
    adjust(adjustment('10'), { 'Idempotency-Key': 'k'.repeat(201) }),
  ),
  refused(
    'an adjustment with a key beyond ASCII',
    400,
    adjust(adjustment('10'), { 'Idempotency-Key': '\xe9' }),
  ),
  refused(
    'a field that is not known',
    400,
    adjust('{"direction":"credit","amount":1,"reason":"x","y":1}'),
  ),
  refused('__proto__ as a field', 400, adjust('{"__proto__":{"amount":1},"reason":"x"}')),
  refused('constructor as a field', 400, adjust('{"constructor":{"prototype":{}},"reason":"x"}')),
  refused('a reason with a NUL', 400, adjust(adjustment('1').replace('"x"', String.raw`"\u0000"`))),
  refused(
    'a reason with a lone surrogate',
    400,
    adjust(adjustment('1').replace('"x"', String.raw`"\ud800"`)),
  ),
  refused('a body nested 21 deep', 400, adjust(`${'{"a":'.repeat(21)}1${'}'.repeat(21)}`)),
  refused('a body nested 30,000 deep', 400, adjust('['.repeat(30_000) + ']'.repeat(30_000))),
  refused('broken JSON', 400, adjust('{"reason":'), /not valid JSON/),
  refused('a list', 400, adjust('[]')),
  refused('a number', 400, adjust('1')),
  refused('no body', 400, adjust('')),
  cutOff('a body of 200 KB', 413, adjust(`{"reason":"${'x'.repeat(200_000)}"}`)),
  cutOff('a body of 5 MB', 413, adjust(`{"reason":"${'x'.repeat(5_000_000)}"}`)),
  refused(
    'a form',
    415,
    adjust('amount=1', { ...KEY, 'Content-Type': 'application/x-www-form-urlencoded' }),
  ),
  refused(
    'a body without its type',
    415,
    adjust(adjustment('1'), { ...KEY, 'Content-Type': undefined }),
  ),
  refused(
    'JSON in UTF-32',
    400,
    adjust(adjustment('1'), { ...KEY, 'Content-Type': 'application/json; charset=utf-32' }),
  ),
  refused(
    'gzip',
    415,
    post('/v1/campaigns', gzipSync('{"name":"x"}'), { 'Content-Encoding': 'gzip' }),
  ),
  refused(
    '20 MB in 20 KB',
    415,
    post('/v1/campaigns', gzipSync(Buffer.alloc(20_000_000), { level: 9 }), {
      'Content-Encoding': 'gzip',
    }),
  ),
  refused('a campaign without rules', 400, post('/v1/campaigns', '{"name":"x"}')),
  refused(
    'a campaign whose rules are a list',
    400,
    post('/v1/campaigns', '{"name":"x","rules":[]}'),
  ),
  refused(
    'a campaign of 1,000 chat types',
    400,
    post(
      '/v1/campaigns',
      `{"name":"x","rules":{"amount":1,"startsAt":"2026-01-01T00:00:00Z","chatTypes":[${Array<string>(1_000).fill('"x"').join()}]}}`,
    ),
  ),
  refused('an intent for nobody', 400, post('/v1/share-intents', '{}')),
  refused(
    'an intent without what is shared',
    400,
    post('/v1/share-intents', `{"userId":"x","campaignId":"${UNKNOWN_ID}"}`),
  ),
  refused(
    'an endpoint on this machine, as a number',
    400,
    post('/v1/event-endpoints', '{"url":"http://2130706433/","types":["*"]}'),
  ),
  refused(
    'an endpoint that is a file',
    400,
    post('/v1/event-endpoints', '{"url":"file:///etc/passwd","types":["*"]}'),
  ),
  refused(
    'an endpoint at the metadata of a cloud',
    400,
    post('/v1/event-endpoints', '{"url":"http://169.254.169.254/","types":["*"]}'),
  ),
  refused(
    'a replay of what is not there',
    404,
    post(`/v1/deliveries/${UNKNOWN_ID}/replay`, '{"reason":"x"}'),
  ),
  refused(
    'an erasure of nobody',
    404,
    manage('/v1/users/nobody', { method: 'DELETE', body: '{"reason":"x"}' }),
  ),
  refused(
    'a method that a route does not have',
    404,
    manage('/v1/deliveries', { method: 'PATCH', body: '{}' }),
  ),
  refused(
    'a method in a header',
    404,
    manage('/v1/users/nobody', { headers: { 'X-HTTP-Method-Override': 'DELETE' } }),
  ),
  refused('no token', 401, manage('/v1/deliveries', { headers: { Authorization: undefined } })),
  refused(
    'a wrong token',
    401,
    manage('/v1/deliveries', { headers: { Authorization: 'Bearer x' } }),
  ),
  refused("Kakao's key", 401, ({ adminKey }) => ({
    method: 'GET',
    target: '/v1/deliveries',
    headers: { Authorization: `Bearer ${adminKey}` },
  })),
  refused("Kakao's key under Kakao's scheme", 401, ({ adminKey }) => ({
    method: 'GET',
    target: '/v1/deliveries',
    headers: { Authorization: `KakaoAK ${adminKey}` },
  })),
  refused('a token in the query', 401, ({ adminToken }) => ({
    method: 'GET',
    target: `/v1/deliveries?access_token=${adminToken}`,
    headers: { Authorization: undefined },
  })),
  refused("a page's token in the URL", 400, () => ({
    method: 'GET',
    target: '/share-status?token=x',
  })),
  refused("a page's token in the path", 404, () => ({ method: 'GET', target: '/share-status/x' })),
  refused("a page's token that is none", 404, () => ({
    method: 'GET',
    target: '/share-status',
    headers: { 'X-Share-Intent': 'x'.repeat(30_000) },
  })),
  refused("a page's token that is an object", 400, () => ({
    target: '/share-status',
    body: '{"token":{}}',
  })),
];
