import { quarantined, refused, understood, type HostileCase } from '../hostile-case.js';
import { shareJson, type RawRequest, type Sender } from '../raw-request.js';

const RESOURCE_ID = 'X-Kakao-Resource-ID';
const withHeaders = (headers: NonNullable<RawRequest['headers']>) => (sender: Sender) => ({
  headers,
  body: shareJson(sender),
});
const withLines =
  (...lines: string[]) =>
  (sender: Sender) => ({ lines, body: shareJson(sender) });
const named = (write: (id: string) => string | string[] | undefined) => (sender: Sender) => ({
  headers: { [RESOURCE_ID]: write(sender.id) },
  body: shareJson(sender),
});
const many = (count: number) => withLines(...Array.from({ length: count }, (_, n) => `X-${n}: 1`));
const own = (id: string): string => id;

/** Odd headers lose no webhook; broken ones never reach anybody. */
export const HEADERS: readonly HostileCase[] = [
  quarantined(
    'no resource id',
    [`${RESOURCE_ID}: is missing`],
    named(() => undefined),
    own,
  ),
  quarantined(
    'an empty resource id',
    [`${RESOURCE_ID}: is missing`],
    named(() => ''),
    own,
  ),
  quarantined(
    'a resource id of spaces',
    [`${RESOURCE_ID}: is missing`],
    named(() => '   '),
    own,
  ),
  quarantined(
    'two resource ids',
    [`${RESOURCE_ID}: is repeated`],
    named((id) => [id, `${id}-b`]),
    own,
  ),
  quarantined(
    'the same resource id twice',
    [`${RESOURCE_ID}: is repeated`],
    named((id) => [id, id]),
    own,
  ),
  quarantined(
    'a resource id of 257 bytes',
    [`${RESOURCE_ID}: must have at most 256 bytes`],
    named((id) => id.padEnd(257, 'x')),
    own,
  ),
  quarantined(
    'a resource id of 50,000 bytes',
    [`${RESOURCE_ID}: must have at most 256 bytes`],
    named((id) => id.padEnd(50_000, 'x')),
    own,
  ),
  ...(
    [
      ['of 256 bytes', (id) => id.padEnd(256, 'x')],
      ['of digits alone', (id) => `0${id.replace(/\D/g, '')}9`],
      ['with colons', (id) => `a:${id}:b`],
      ['with a comma', (id) => `${id}, ${id}`],
      ['with a quote', (id) => `${id}'; DROP TABLE deliveries; --`],
      ['with a format', (id) => `${id} %s %n $1 \${x} {{y}}`],
      ['with bytes beyond ASCII', (id) => `${id}\xe9\xff`],
      ['with a tab', (id) => `${id}\tx`],
      ['that looks like JSON', (id) => `{"id":"${id}"}`],
      ['that is a path', (id) => `../../${id}`],
    ] as readonly [string, (id: string) => string][]
  ).map(([what, value]) => understood(`a resource id ${what}`, named(value))),
  understood('no content type', withHeaders({ 'Content-Type': undefined })),
  understood('an empty content type', withHeaders({ 'Content-Type': '' })),
  understood('JSON called text', withHeaders({ 'Content-Type': 'text/plain' })),
  understood('JSON called bytes', withHeaders({ 'Content-Type': 'application/octet-stream' })),
  understood(
    'JSON in UTF-16 by name only',
    withHeaders({ 'Content-Type': 'application/json; charset=utf-16' }),
  ),
  understood(
    'two content types, of which the first counts',
    withHeaders({ 'Content-Type': ['application/json', 'application/x-www-form-urlencoded'] }),
  ),
  understood(
    'a content type of 30,000 characters',
    withHeaders({ 'Content-Type': 'x'.repeat(3e4) }),
  ),
  understood('a method to override', withHeaders({ 'X-HTTP-Method-Override': 'DELETE' })),
  understood('a path to override', withHeaders({ 'X-Original-URL': '/v1/deliveries' })),
  understood('a forwarded address', withHeaders({ 'X-Forwarded-For': '127.0.0.1, ::1, x' })),
  understood('a forwarded host', withHeaders({ 'X-Forwarded-Host': 'evil.example\'"' })),
  understood('a host of somebody else', withHeaders({ Host: 'evil.example:99999' })),
  understood('a condition that always fails', withHeaders({ 'If-Match': '"x"' })),
  understood('a condition that nothing changed', withHeaders({ 'If-None-Match': '*' })),
  understood('a range', withHeaders({ Range: 'bytes=0-0,-1' })),
  understood('a wish for gzip', withHeaders({ 'Accept-Encoding': 'gzip, br, *' })),
  understood('a wish for nothing', withHeaders({ Accept: 'image/png;q=0' })),
  understood('an upgrade', withHeaders({ Connection: 'close, Upgrade', Upgrade: 'websocket' })),
  understood('an upgrade to HTTP/2', withHeaders({ Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' })),
  understood('a user agent of 30,000 bytes', withHeaders({ 'User-Agent': '\xff'.repeat(30_000) })),
  understood('a cookie of 30,000 bytes', withHeaders({ Cookie: `a=${'b'.repeat(30_000)}` })),
  understood('headers named as parts of objects', withLines('__proto__: x', 'constructor: x')),
  understood('an origin', withHeaders({ Origin: 'https://evil.example' })),
  understood('190 headers more', many(190)),
  refused('200 headers more', 431, many(200)),
  refused('5,500 headers more', 431, many(5_500)),
  refused('a header of 70,000 bytes', 431, withHeaders({ Cookie: 'c'.repeat(70_000) })),
  refused('no host', 400, withHeaders({ Host: undefined })),
  refused('a NUL in a header', 400, withHeaders({ 'X-Odd': 'a\0b' })),
  refused('a control character in a header', 400, withHeaders({ 'X-Odd': 'a\x01b' })),
  refused('a delete character in a header', 400, withHeaders({ 'X-Odd': 'a\x7fb' })),
  refused('a carriage return in a header', 400, withHeaders({ 'X-Odd': 'a\rb' })),
  refused('a space in the name of a header', 400, withLines('X Odd: 1')),
  refused('a header without a name', 400, withLines(': 1')),
  refused('a header without a colon', 400, withLines('X-Odd')),
  refused('a line that goes on in the next', 400, withLines('X-Odd: 1', ' 2')),
  refused('a line that is a request', 400, withLines('GET / HTTP/1.1')),
  refused('an expectation that is not known', 417, withHeaders({ Expect: 'a-miracle' })),
];
