import { isUtf8 } from 'node:buffer';

import type { PreparedRequest } from './share-request.js';

/** What stands for a hidden key in the line. */
export const KEY_VARIABLE = 'KAKAO_ADMIN_KEY';

/**
 * A line for `sh` that sends the very same request with curl.
 * `hiddenKey` is not printed: wherever it occurs, the line takes it from `$KAKAO_ADMIN_KEY`.
 */
export function curlLine(request: PreparedRequest, hiddenKey?: string): string {
  const { method, url, headers, body } = request;
  // No proxy, no globbing, no tidying of the path: the bytes as prepared. 3 s is what Kakao waits.
  const words = ['curl', '-i', '-g', '--path-as-is', '--noproxy', "'*'", '--max-time', '3'];
  if (method === 'HEAD') words.push('--head');
  else words.push('-X', method);
  for (const header of headerLines(headers, body !== undefined)) {
    words.push('-H', quoted(header, hiddenKey));
  }
  if (body === undefined) return [...words, quoted(url, hiddenKey)].join(' ');
  const bytes = Buffer.from(body);
  if (isUtf8(bytes) && !bytes.includes(0)) {
    words.push('--data-raw', quoted(bytes.toString('utf8'), hiddenKey), quoted(url, hiddenKey));
    return words.join(' ');
  }
  // No argument can hold a NUL, and not every shell keeps broken UTF-8.
  return [
    `printf '${octal(bytes)}' |`,
    ...words,
    '--data-binary',
    '@-',
    quoted(url, hiddenKey),
  ].join(' ');
}

/** Also takes back the headers that curl would add on its own. */
function headerLines(headers: PreparedRequest['headers'], hasBody: boolean): string[] {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => (one === '' ? `${name};` : `${name}: ${one}`)),
  );
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const unwanted = ['Accept', 'User-Agent', ...(hasBody ? ['Content-Type'] : [])];
  return [
    ...lines,
    ...unwanted.filter((name) => !names.includes(name.toLowerCase())).map((name) => `${name}:`),
  ];
}

/** In single quotes a shell takes everything literally, except for the quote itself. */
function quoted(text: string, hiddenKey = ''): string {
  if (hiddenKey === '') return `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = text.split(hiddenKey).map((part) => (part === '' ? '' : quoted(part)));
  return parts.join(`"$${KEY_VARIABLE}"`) || "''";
}

function octal(bytes: Buffer): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
