import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { quarantined, understood, type HostileCase } from '../hostile-case.js';
import { shareJson, type Sender } from '../raw-request.js';

const COMPRESSED = ['body: is compressed, and that is not read'];
const NOT_UTF8 = ['body: must be UTF-8'];
const encoded =
  (encoding: string, encode: (text: string) => Buffer | string = (text) => text) =>
  (sender: Sender) => ({
    headers: { 'Content-Encoding': encoding },
    body: encode(shareJson(sender)),
  });
const bytes = (encode: (text: string) => Buffer) => (sender: Sender) => ({
  body: encode(shareJson(sender, '"x":"é"')),
});
/** 20 MB of spaces in 20 KB. */
const BOMB = gzipSync(Buffer.alloc(20_000_000, ' '), { level: 9 });
/** A value that consists of these bytes. */
const value = (hex: string) => (sender: Sender) => {
  const [before = '', after = ''] = shareJson(sender, '"x":"@"').split('@');
  return {
    body: Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]),
  };
};

/** Nothing is inflated, nothing is guessed: the bytes are kept. */
export const ENCODINGS: readonly HostileCase[] = [
  quarantined(
    'gzip',
    COMPRESSED,
    encoded('gzip', (text) => gzipSync(text)),
  ),
  quarantined(
    'gzip in capitals',
    COMPRESSED,
    encoded('GZIP', (text) => gzipSync(text)),
  ),
  quarantined(
    'gzip twice',
    COMPRESSED,
    encoded('gzip, gzip', (text) => gzipSync(gzipSync(text))),
  ),
  quarantined(
    'deflate',
    COMPRESSED,
    encoded('deflate', (text) => deflateSync(text)),
  ),
  quarantined(
    'brotli',
    COMPRESSED,
    encoded('br', (text) => brotliCompressSync(text)),
  ),
  quarantined('gzip by name only', COMPRESSED, encoded('gzip')),
  quarantined('an encoding that nobody knows', COMPRESSED, encoded('kakao')),
  quarantined(
    '20 MB in 20 KB',
    COMPRESSED,
    encoded('gzip', () => BOMB),
  ),
  quarantined(
    'gzip that breaks off',
    COMPRESSED,
    encoded('gzip', (text) => gzipSync(text).subarray(0, 20)),
  ),
  quarantined('gzip without a word', NOT_UTF8, (sender) => ({ body: gzipSync(shareJson(sender)) })),
  understood('no encoding by name', encoded('identity')),
  understood('no encoding by name in capitals', encoded('IDENTITY')),
  quarantined(
    'Latin-1',
    NOT_UTF8,
    bytes((text) => Buffer.from(text, 'latin1')),
  ),
  quarantined(
    'UTF-16',
    NOT_UTF8,
    bytes((text) => Buffer.from(text, 'utf16le')),
  ),
  quarantined(
    'UTF-16 with its mark',
    NOT_UTF8,
    bytes((text) => Buffer.from(`\ufeff${text}`, 'utf16le')),
  ),
  quarantined(
    'UTF-7',
    ['body: must be a JSON object'],
    bytes((text) => Buffer.from(text.replaceAll('"', '+ACI-'))),
  ),
  quarantined('Korean as EUC-KR', NOT_UTF8, value('b0a1')),
  quarantined('an overlong slash', NOT_UTF8, value('c0af')),
  quarantined('a surrogate in UTF-8', NOT_UTF8, value('eda080')),
  quarantined('a character beyond Unicode', NOT_UTF8, value('f4908080')),
  quarantined('half a character', NOT_UTF8, value('e282')),
  understood('a character that is none', value('efbfbf')),
  understood('text from right to left', value('e280ae')),
];
