import { quarantined, refused, understood, type HostileCase } from '../hostile-case.js';
import { DOOR, shareForm, shareJson, type RawRequest, type Sender } from '../raw-request.js';

type Write = (sender: Sender) => string;
type Way = 'form' | 'query';

const FORM = 'application/x-www-form-urlencoded';
const ways: readonly Way[] = ['form', 'query'];
const by =
  (way: Way, write: Write) =>
  (sender: Sender): RawRequest =>
    way === 'query'
      ? { method: 'GET', target: `${DOOR}?${write(sender)}` }
      : { headers: { 'Content-Type': FORM }, body: Buffer.from(write(sender), 'latin1') };
const beside =
  (more: string): Write =>
  (sender) =>
    shareForm(sender, more);
const userAs =
  (text: string): Write =>
  (sender) =>
    shareForm(sender, '', text);
const MISSING = ['CHAT_TYPE: is missing', 'HASH_CHAT_ID: is missing'];

const NOT_UTF8: readonly [string, Write][] = [
  ['a byte that is none', userAs('%FF')],
  ['an overlong NUL', userAs('%C0%80')],
  ['half a character', userAs('%E2%82')],
  ['a surrogate', userAs('%ED%A0%80')],
  ['such bytes in a name', beside('&%FE=1')],
  ['such bytes in another parameter', beside('&x=%80')],
];
const ODD_USERS: readonly [string, string, string | null][] = [
  ['plus signs', 'a+b+', 'a b '],
  ['escapes that are none', '%zz%', '%zz%'],
  ['an escape of an escape', '%2525', '%25'],
  ['an emoji', '%F0%9F%98%80', '😀'],
  ['line breaks', 'a%0D%0AX:%20b', 'a\r\nX: b'],
  ['markup', '%3Cb%3E%22%27', '<b>"\''],
  ['an equals sign', 'a=b=c', 'a=b=c'],
  ['a semicolon', 'a;user_id=b', 'a;user_id=b'],
  ['a question mark', 'a?b', 'a?b'],
  ['digits beyond 2^53', '9007199254740993', '9007199254740993'],
];
const HARMLESS: readonly [string, string][] = [
  ['brackets', '&a[b][c]=1&user_id[]=x&user_id[id]=y'],
  ['a name that is an object', '&__proto__[x]=1&constructor=2'],
  ['a NUL', '&x=%00&%00=1'],
  ['separators alone', '&&&&=&=&&'],
  ['names without values', '&x&y&z'],
  ['253 more', '&x=1'.repeat(253)],
  ['the same name many times', '&x=1&x=2&x=3'],
  ['a name of 10,000 characters', `&${'n'.repeat(10_000)}=1`],
];

function bothWays(way: Way): HostileCase[] {
  const field = way === 'form' ? 'body' : 'query';
  return [
    ...NOT_UTF8.map(([title, write]) =>
      quarantined(
        `a ${way} with ${title}`,
        [`${field}: must be percent-encoded UTF-8`],
        by(way, write),
      ),
    ),
    ...ODD_USERS.map(([title, written, user]) =>
      understood(`a ${way} with a user of ${title}`, by(way, userAs(written)), {
        user: () => user,
      }),
    ),
    ...HARMLESS.map(([title, more]) => understood(`a ${way} with ${title}`, by(way, beside(more)))),
    quarantined(
      `an empty ${way}`,
      MISSING,
      by(way, () => ''),
    ),
    quarantined(
      `a ${way} of nothing but "&"`,
      MISSING,
      by(way, () => '&'.repeat(5_000)),
    ),
    quarantined(
      `a ${way} with 254 parameters more`,
      [`${field}: has more than 256 parameters`],
      by(way, beside('&x=1'.repeat(254))),
    ),
    quarantined(
      `a ${way} with 10,000 parameters more`,
      [`${field}: has more than 256 parameters`],
      by(way, beside('&x'.repeat(10_000))),
    ),
    quarantined(
      `a ${way} with two users`,
      ['user_id: is repeated'],
      by(way, beside('&user_id=somebody-else')),
    ),
    quarantined(
      `a ${way} with two users, one escaped`,
      ['user_id: is repeated'],
      by(way, beside('&user%5Fid=somebody-else')),
    ),
    quarantined(
      `a ${way} with a CHAT_TYPE more`,
      ['CHAT_TYPE: is repeated'],
      by(way, beside('&%43HAT_TYPE=MemoChat')),
    ),
    quarantined(
      `a ${way} with a NUL in its user`,
      ['user_id: must be text without NUL or lone surrogates'],
      by(way, userAs('a%00')),
    ),
    quarantined(
      `a ${way} with "&amp;" between its parameters`,
      ['HASH_CHAT_ID: is missing'],
      by(way, (sender) => shareForm(sender).replaceAll('&', '&amp;')),
    ),
    understood(
      `a ${way} without its user`,
      by(way, (s) => shareForm(s).replace('user_id', 'x')),
      {
        verdict: 'no-user',
        user: () => null,
      },
    ),
    understood(`a ${way} with an empty user`, by(way, userAs('')), {
      verdict: 'no-user',
      user: () => null,
    }),
  ];
}

/** Forms and queries are read alike; neither is read as anything else. */
export const FORMS_AND_QUERIES: readonly HostileCase[] = [
  ...ways.flatMap(bothWays),
  quarantined('JSON called a form', MISSING, (sender) => ({
    headers: { 'Content-Type': FORM },
    body: shareJson(sender),
  })),
  quarantined('a form called JSON', ['body: must be a JSON object'], (sender) => ({
    body: shareForm(sender),
  })),
  quarantined('a form in parts', ['body: must be a JSON object'], (sender) => ({
    headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    body: `--x\r\nContent-Disposition: form-data; name="user_id"\r\n\r\n${sender.id}\r\n--x--\r\n`,
  })),
  quarantined('a GET without a query', MISSING, () => ({ method: 'GET' })),
  quarantined('a GET that says everything in its fragment', MISSING, (sender) => ({
    method: 'GET',
    target: `${DOOR}#?${shareForm(sender)}`,
  })),
  quarantined('a POST that says everything in its query', ['body: must be a JSON object'], (s) => ({
    target: `${DOOR}?${shareForm(s)}`,
    body: '',
  })),
  understood('a GET with a body of somebody else', (sender) => ({
    method: 'GET',
    target: `${DOOR}?${shareForm(sender)}`,
    body: shareJson(sender, '', '"somebody-else"'),
  })),
  understood('a form with its charset', (sender) => ({
    headers: { 'Content-Type': `${FORM.toUpperCase()} ; charset=euc-kr` },
    body: shareForm(sender),
  })),
  refused('a query with bytes that are not escaped', 400, (sender) => ({
    method: 'GET',
    target: `${DOOR}?${shareForm(sender, `&x=${Buffer.from('가').toString('latin1')}`)}`,
  })),
  understood('a query with "#" in it', (sender) => ({
    method: 'GET',
    target: `${DOOR}?${shareForm(sender, '&x=#1')}`,
  })),
];
