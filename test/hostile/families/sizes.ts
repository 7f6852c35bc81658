import { cutOff, refused, understood, type HostileCase } from '../hostile-case.js';
import { DOOR, shareForm, shareJson, type Sender } from '../raw-request.js';

const LIMIT = 64 * 1024;

function filledTo(bytes: number, sender: Sender): string {
  const empty = shareJson(sender, '"x":""');
  return shareJson(sender, `"x":"${'x'.repeat(bytes - Buffer.byteLength(empty))}"`);
}

/** In chunks, of which each is as large as said. */
const chunked = (bytes: number, chunkBytes: number) => (sender: Sender) => {
  const body = filledTo(bytes, sender);
  const chunks = Array.from({ length: Math.ceil(bytes / chunkBytes) }, (_, number) =>
    body.slice(number * chunkBytes, (number + 1) * chunkBytes),
  ).map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return {
    headers: { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
    body: `${chunks.join('')}0\r\n\r\n`,
  };
};

/** Up to 64 KiB, of a body or of a URL with the headers. */
export const SIZES: readonly HostileCase[] = [
  understood('a body of exactly 64 KiB', (sender) => ({ body: filledTo(LIMIT, sender) })),
  refused('a body of a byte more', 413, (sender) => ({ body: filledTo(LIMIT + 1, sender) })),
  cutOff('a body of 5 MB', 413, (sender) => ({ body: filledTo(5_000_000, sender) })),
  cutOff('a body of 5 MB without a key', 401, (sender) => ({
    headers: { Authorization: undefined },
    body: filledTo(5_000_000, sender),
  })),
  refused('a body that announces more than there can be', 413, (sender) => ({
    headers: { 'Content-Length': '9007199254740991' },
    body: shareJson(sender),
  })),
  refused('a length that no number holds', 400, (sender) => ({
    headers: { 'Content-Length': '9'.repeat(40) },
    body: shareJson(sender),
  })),
  understood('64 KiB in chunks', chunked(LIMIT, 1_000)),
  understood('a body in chunks of a byte', chunked(1_000, 1)),
  refused('64 KiB and a byte in chunks', 413, chunked(LIMIT + 1, 1_000)),
  cutOff('one chunk of a megabyte', 413, chunked(1_000_000, 1_000_000)),
  understood('a query of 60,000 bytes', (sender) => ({
    method: 'GET',
    target: `${DOOR}?${shareForm(sender, `&x=${'x'.repeat(60_000)}`)}`,
  })),
  refused('a query of 66,000 bytes', 431, (sender) => ({
    method: 'GET',
    target: `${DOOR}?${shareForm(sender, `&x=${'x'.repeat(66_000)}`)}`,
  })),
  refused('a path of 66,000 bytes', 431, () => ({
    method: 'GET',
    target: `/${'x'.repeat(66_000)}`,
  })),
  refused('a path of 60,000 bytes', 404, () => ({
    method: 'GET',
    target: `/${'x'.repeat(60_000)}`,
  })),
];
