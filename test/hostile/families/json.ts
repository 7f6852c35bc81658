import { quarantined, understood, type HostileCase } from '../hostile-case.js';
import { shareJson, type Sender } from '../raw-request.js';

const NO_OBJECT = ['body: must be a JSON object'];
const body = (write: string | ((sender: Sender) => string)) => (sender: Sender) => ({
  body: typeof write === 'string' ? write : write(sender),
});
const members = (text: string) => body((sender) => shareJson(sender, text));
const userAs = (literal: string) => body((sender) => shareJson(sender, '', literal));
const without = (name: string) =>
  body((sender) => shareJson(sender).replace(`"${name}"`, `"not ${name}"`));
const instead = (name: string, literal: string) =>
  body((sender) =>
    shareJson(sender).replace(new RegExp(`"${name}":"[^"]*"`), `"${name}":${literal}`),
  );
const own = (id: string): string => id;
const nest = (depth: number, [open = '', close = '']: string): string =>
  `${open.repeat(depth)}${close.repeat(depth)}`;
const list = (count: number): string =>
  Array.from({ length: count }, (_, n) => `"p${n}":${n}`).join();

const NOT_AN_OBJECT: readonly [string, string][] = [
  ['no body', ''],
  ['spaces', ' \r\n\t '],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '1'],
  ['a text', '"CHAT_TYPE"'],
  ['a list', '[]'],
  ['a list of objects', '[{"CHAT_TYPE":"DirectChat"}]'],
  ['an open brace', '{'],
  ['30,000 open braces', '{"a":'.repeat(10_000)],
  ['60,000 open brackets', '['.repeat(60_000)],
  ['a comma too many', '{"CHAT_TYPE":"DirectChat",}'],
  ['single quotes', "{'CHAT_TYPE':'DirectChat'}"],
  ['names without quotes', '{CHAT_TYPE:"DirectChat"}'],
  ['a comment', '{/* */"CHAT_TYPE":"DirectChat"}'],
  ['NaN', '{"x":NaN}'],
  ['Infinity', '{"x":-Infinity}'],
  ['a hexadecimal number', '{"x":0x10}'],
  ['a number that begins with a zero', '{"user_id":007}'],
  ['an escape that is none', String.raw`{"x":"\q"}`],
  ['half an escape', String.raw`{"x":"\u00`],
  ['a raw NUL', '{"x":"a\0b"}'],
  ['a raw line break in a text', '{"x":"a\nb"}'],
  ['two objects', '{}{}'],
  ['an object and more', '{} x'],
  ['XML', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'],
  ['YAML', 'CHAT_TYPE: !!js/function "x"'],
];

const ODD_USERS: readonly [string, string, string | null][] = [
  ['a number of 19 digits', '1234567890123456789', '1234567890123456789'],
  ['a number of 200 digits', '9'.repeat(200), '9'.repeat(200)],
  ['a negative number', '-5', '-5'],
  ['a space', '" "', ' '],
  ['a line break', String.raw`"a\nb"`, 'a\nb'],
  ['an emoji', '"👩‍👩‍👧"', '👩‍👩‍👧'],
  ['letters that are written the other way round', '"\u202eabc"', '\u202eabc'],
  ['a combining letter', '"e\u0301"', 'e\u0301'],
  ['SQL', `"x'); DROP TABLE kakao_share.users; --"`, "x'); DROP TABLE kakao_share.users; --"],
  ['HTML', '"<script>alert(1)</script>"', '<script>alert(1)</script>'],
  ['a path', '"../../v1/users"', '../../v1/users'],
  ['__proto__', '"__proto__"', '__proto__'],
  ['null in words', '"null"', 'null'],
  ['256 bytes', `"${'x'.repeat(256)}"`, 'x'.repeat(256)],
];
const NO_USERS: readonly [string, string][] = [
  ['null', 'null'],
  ['an empty text', '""'],
];
const BAD_USERS: readonly [string, string, string][] = [
  ['a fraction', '1.0', 'must be text or an integer'],
  ['an exponent', '1e3', 'must be text or an integer'],
  ['a boolean', 'true', 'must be text or an integer'],
  ['an object', '{"id":"x"}', 'must be text or an integer'],
  ['a list', '["x"]', 'must be text or an integer'],
  ['257 bytes', `"${'x'.repeat(257)}"`, 'must have at most 256 bytes'],
  ['86 syllables of Korean', `"${'가'.repeat(86)}"`, 'must have at most 256 bytes'],
  ['a number of 257 digits', '9'.repeat(257), 'must have at most 256 bytes'],
  ['a NUL', String.raw`"a\u0000"`, 'must be text without NUL or lone surrogates'],
  ['a lone surrogate', String.raw`"\ud83d"`, 'must be text without NUL or lone surrogates'],
];
const BAD_FIELDS: readonly [string, string, string, string][] = [
  ['CHAT_TYPE', '""', 'an empty text', 'must have 1 to 64 characters'],
  ['CHAT_TYPE', `"${'x'.repeat(65)}"`, '65 characters', 'must have 1 to 64 characters'],
  ['CHAT_TYPE', '{}', 'an object', 'must be a single value'],
  ['CHAT_TYPE', '["DirectChat"]', 'a list', 'must be a single value'],
  ['CHAT_TYPE', 'null', 'null', 'is missing'],
  ['CHAT_TYPE', String.raw`"\u0000"`, 'a NUL', 'must be text without NUL'],
  ['HASH_CHAT_ID', '""', 'an empty text', 'must have 1 to 256 characters'],
  ['HASH_CHAT_ID', `"${'x'.repeat(257)}"`, '257 characters', 'must have 1 to 256 characters'],
  ['HASH_CHAT_ID', String.raw`"\udead"`, 'a lone surrogate', 'must be text without NUL'],
];
const WORSE_FIELDS: readonly [string, string, string][] = [
  ['"TEMPLATE_ID":"abc"', 'TEMPLATE_ID', 'must be an integer of at most 19 digits'],
  ['"TEMPLATE_ID":1.5', 'TEMPLATE_ID', 'must be an integer of at most 19 digits'],
  [`"TEMPLATE_ID":${'9'.repeat(20)}`, 'TEMPLATE_ID', 'must be an integer of at most 19 digits'],
  ['"TEMPLATE_ID":[1]', 'TEMPLATE_ID', 'must be a single value'],
  ['"IS_SINGLE_CHATROOM":{}', 'IS_SINGLE_CHATROOM', 'must be a single value'],
  [
    `"CHAT_MEMBER_COUNT_RANGE":"${'1'.repeat(65)}"`,
    'CHAT_MEMBER_COUNT_RANGE',
    'must have at most 64 characters',
  ],
  ['"CHAT_TYPE":"MemoChat"', 'CHAT_TYPE', 'is repeated'],
  ['"HASH_CHAT_ID":"x"', 'HASH_CHAT_ID', 'is repeated'],
  [String.raw`"\u0043HAT_TYPE":"x"`, 'CHAT_TYPE', 'is repeated'],
  ['"user_id":"somebody-else"', 'user_id', 'is repeated'],
  [String.raw`"user\u005fid":"somebody-else"`, 'user_id', 'is repeated'],
];
const HARMLESS: readonly [string, string][] = [
  ['__proto__', '"__proto__":{"CHAT_TYPE":"x","user_id":"x"}'],
  ['constructor', '"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":2'],
  ['a name that is empty', '"":1'],
  ['a name with a NUL', String.raw`"\u0000":"\u0000"`],
  ['lone surrogates', String.raw`"\ud800":"\udfff"`],
  ['the same custom name twice', '"x":1,"x":2'],
  ['reserved words in small letters', '"chat_type":"x","Hash_Chat_Id":"x"'],
  ['a number beyond all measure', '"x":1e999999'],
  ['an integer of 10,000 digits', `"x":${'9'.repeat(10_000)}`],
  ['a name of 10,000 characters', `"${'n'.repeat(10_000)}":1`],
  ['31 lists in each other', `"x":${nest(31, '[]')}`],
  ['a list of 10,000 members', `"x":[${Array<string>(10_000).fill('{}').join()}]`],
  ['253 parameters more', list(253)],
  ['an empty TEMPLATE_ID', '"TEMPLATE_ID":""'],
  ['a negative TEMPLATE_ID', '"TEMPLATE_ID":-1'],
  ['a room that is neither single nor not', '"IS_SINGLE_CHATROOM":"maybe"'],
  ['a range that Kakao does not list', '"CHAT_MEMBER_COUNT_RANGE":"many"'],
];

/** What cannot be read is kept aside, never refused; what can be is kept to the letter. */
export const JSON_BODIES: readonly HostileCase[] = [
  ...NOT_AN_OBJECT.map(([title, text]) => quarantined(`JSON: ${title}`, NO_OBJECT, body(text))),
  ...ODD_USERS.map(([title, literal, user]) =>
    understood(`a user that is ${title}`, userAs(literal), { user: () => user }),
  ),
  ...NO_USERS.map(([title, literal]) =>
    understood(`a user that is ${title}`, userAs(literal), {
      verdict: 'no-user',
      user: () => null,
    }),
  ),
  ...BAD_USERS.map(([title, literal, problem]) =>
    quarantined(`a user that is ${title}`, [`user_id: ${problem}`], userAs(literal)),
  ),
  ...BAD_FIELDS.map(([name, literal, title, problem]) =>
    quarantined(`${name} that is ${title}`, [`${name}: ${problem}`], instead(name, literal)),
  ),
  ...WORSE_FIELDS.map(([text, name, problem]) =>
    quarantined(`${text.slice(0, 40)} beside the rest`, [`${name}: ${problem}`], members(text)),
  ),
  ...HARMLESS.map(([title, text]) => understood(`custom parameters: ${title}`, members(text))),
  quarantined('an empty object', ['CHAT_TYPE: is missing', 'HASH_CHAT_ID: is missing'], body('{}')),
  quarantined('no CHAT_TYPE', ['CHAT_TYPE: is missing'], without('CHAT_TYPE')),
  quarantined('no HASH_CHAT_ID', ['HASH_CHAT_ID: is missing'], without('HASH_CHAT_ID')),
  quarantined(
    'everything one level too deep',
    ['CHAT_TYPE: is missing', 'HASH_CHAT_ID: is missing'],
    body((sender) => `{"data":${shareJson(sender)}}`),
  ),
  quarantined(
    '32 lists in each other',
    ['body: is nested more than 32 deep'],
    members(`"x":${nest(32, '[]')}`),
  ),
  quarantined(
    '30,000 lists in each other',
    ['body: is nested more than 32 deep'],
    members(`"x":${nest(30_000, '[]')}`),
  ),
  quarantined(
    '10,000 objects in each other',
    ['body: is nested more than 32 deep'],
    members(`"x":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`),
  ),
  quarantined('254 parameters more', ['body: has more than 256 parameters'], members(list(254))),
  quarantined(
    '4,000 parameters more',
    ['body: has more than 256 parameters'],
    members(list(4_000)),
  ),
  understood('a CHAT_TYPE that Kakao does not list', instead('CHAT_TYPE', '"Séance"'), {
    verdict: 'chat-type',
    user: own,
  }),
  understood('a CHAT_TYPE that is a number', instead('CHAT_TYPE', '5'), { verdict: 'chat-type' }),
  understood('an intent that is none', members('"share_intent":"x.y.z"'), {
    verdict: 'intent-invalid',
  }),
  understood('no user', without('user_id'), { verdict: 'no-user', user: () => null }),
  understood(
    'a byte order mark',
    body((sender) => `\ufeff${shareJson(sender)}`),
  ),
  understood(
    'line breaks between everything',
    body((sender) => JSON.stringify(JSON.parse(shareJson(sender)), null, '\r\n\t')),
  ),
];
