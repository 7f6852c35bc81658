import { createHash } from 'node:crypto';
import { refused, understood, type HostileCase } from '../hostile-case.js';
import { DOOR, shareForm, shareJson, type Sender } from '../raw-request.js';

const withAuthorization =
  (value: (key: string) => string | string[] | undefined) => (sender: Sender) => ({
    headers: { Authorization: value(sender.adminKey) },
    body: shareJson(sender),
  });
const elsewhere =
  (...headers: readonly [string, (key: string) => string][]) =>
  (sender: Sender) => ({
    headers: {
      Authorization: undefined,
      ...Object.fromEntries(headers.map(([name, value]) => [name, value(sender.adminKey)])),
    },
    body: shareJson(sender),
  });

const WRONG: readonly [string, (key: string) => string | string[] | undefined][] = [
  ['no Authorization', () => undefined],
  ['an empty one', () => ''],
  ['the scheme alone', () => 'KakaoAK'],
  ['the scheme and a space', () => 'KakaoAK '],
  ['another key', () => `KakaoAK ${'0'.repeat(32)}`],
  ['a prefix of the key', (key) => `KakaoAK ${key.slice(0, -1)}`],
  ['a suffix of the key', (key) => `KakaoAK ${key.slice(1)}`],
  ['the key and a character more', (key) => `KakaoAK ${key}0`],
  ['the key twice', (key) => `KakaoAK ${key}${key}`],
  ['the key in capitals', (key) => `KakaoAK ${key.toUpperCase()}X`],
  ['the key backwards', (key) => `KakaoAK ${Buffer.from(key).reverse().toString()}-`],
  ['the key without its scheme', (key) => key],
  ['two spaces before the key', (key) => `KakaoAK  ${key}`],
  ['a tab before the key', (key) => `KakaoAK\t${key}`],
  ['a colon before the key', (key) => `KakaoAK: ${key}`],
  ['an equals sign before the key', (key) => `KakaoAK=${key}`],
  ['the key in quotes', (key) => `KakaoAK "${key}"`],
  ['the key escaped', (key) => `KakaoAK %${key.charCodeAt(0).toString(16)}${key.slice(1)}`],
  ['the key as Base64', (key) => `KakaoAK ${Buffer.from(key).toString('base64')}`],
  ["the key's digest", (key) => `KakaoAK ${createHash('sha256').update(key).digest('hex')}`],
  ['a parameter after the key', (key) => `KakaoAK ${key}; charset=utf-8`],
  ['a comment after the key', (key) => `KakaoAK ${key} (mine)`],
  ['both keys in one header', (key) => `KakaoAK ${key}, KakaoAK ${key}`],
  ['the header twice', (key) => [`KakaoAK ${key}`, `KakaoAK ${key}`]],
  ['a wrong one before the right one', (key) => ['KakaoAK wrong', `KakaoAK ${key}`]],
  ['a wrong one after the right one', (key) => [`KakaoAK ${key}`, 'KakaoAK wrong']],
  ['Bearer', (key) => `Bearer ${key}`],
  ['Basic', (key) => `Basic ${Buffer.from(`KakaoAK:${key}`).toString('base64')}`],
  ['Digest', (key) => `Digest username="KakaoAK", response="${key}"`],
  ['bytes beyond ASCII', () => 'KakaoAK \xff\xfe\xe9'],
  ['300 characters', () => `KakaoAK ${'k'.repeat(300)}`],
  ['60,000 characters', () => `KakaoAK ${'k'.repeat(60_000)}`],
  ['JSON', (key) => `{"KakaoAK":"${key}"}`],
];

/** Who gets in: one header, one scheme, one key. */
export const AUTHENTICATION: readonly HostileCase[] = [
  ...WRONG.map(([title, value]) => refused(title, 401, withAuthorization(value), /KakaoAK/)),
  refused("the operator's token", 401, (sender) => ({
    headers: { Authorization: `KakaoAK ${sender.adminToken}` },
    body: shareJson(sender),
  })),
  refused('the key as a cookie', 401, elsewhere(['Cookie', (key) => `Authorization=${key}`])),
  refused('the key in X-Authorization', 401, elsewhere(['X-Authorization', (k) => `KakaoAK ${k}`])),
  refused(
    'the key in Proxy-Authorization',
    401,
    elsewhere(['Proxy-Authorization', (k) => `KakaoAK ${k}`]),
  ),
  refused('a user and the key in the URL', 401, (sender) => ({
    headers: { Authorization: undefined },
    target: `http://KakaoAK:${sender.adminKey}@test${DOOR}`,
    body: shareJson(sender),
  })),
  refused('the key in the query', 401, (sender) => ({
    method: 'GET',
    headers: { Authorization: undefined },
    target: `${DOOR}?${shareForm(sender, `&Authorization=KakaoAK%20${sender.adminKey}`)}`,
  })),
  refused('the key in the body', 401, (sender) => ({
    headers: { Authorization: undefined },
    body: shareJson(sender, `"Authorization":"KakaoAK ${sender.adminKey}"`),
  })),
  refused(
    'a NUL behind the key',
    400,
    withAuthorization((key) => `KakaoAK ${key}\0`),
  ),
  refused('a space before the colon', 400, (sender) => ({
    headers: { Authorization: undefined },
    lines: [`Authorization : KakaoAK ${sender.adminKey}`],
    body: shareJson(sender),
  })),
  refused('a key that is no longer in force', 401, (sender) => ({
    headers: { Authorization: `KakaoAK ${sender.goneAdminKey}` },
    body: shareJson(sender),
  })),
  understood('an older key that is in force still', (sender) => ({
    headers: { Authorization: `KakaoAK ${sender.oldAdminKey}` },
    body: shareJson(sender),
  })),
  understood(
    'the scheme in small letters',
    withAuthorization((key) => `kakaoak ${key}`),
  ),
  understood(
    'spaces around the credentials',
    withAuthorization((key) => `  KakaoAK ${key}   `),
  ),
  understood('the name of the header in capitals', (sender) => ({
    headers: { Authorization: undefined, AUTHORIZATION: `KakaoAK ${sender.adminKey}` },
    body: shareJson(sender),
  })),
];
