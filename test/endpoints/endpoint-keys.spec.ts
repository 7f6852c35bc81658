import { EndpointKeys } from '../../src/endpoints/endpoint-keys.js';
import { EndpointKeysError } from '../../src/endpoints/endpoint-errors.js';

const OLD = 'old-master-key-of-more-than-32-characters';
const NEW = 'new-master-key-of-more-than-32-characters';
const ENDPOINT = '019aa000-0000-7000-8000-000000000001';

const oldKeys = new EndpointKeys([OLD]);
const rotated = new EndpointKeys([NEW, OLD]);
const first = { generation: 1, keyFingerprint: oldKeys.newest };

test('a secret has the form of the specification: whsec_ and 32 bytes in base64', () => {
  const secret = oldKeys.secretOf(ENDPOINT, first);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
});

test('each endpoint, each generation and each key has a secret of its own', () => {
  const other = '019aa000-0000-7000-8000-000000000002';
  const newest = rotated.newest;
  const secrets = [
    oldKeys.secretOf(ENDPOINT, first),
    oldKeys.secretOf(other, first),
    oldKeys.secretOf(ENDPOINT, { ...first, generation: 2 }),
    rotated.secretOf(ENDPOINT, { generation: 1, keyFingerprint: newest }),
  ];
  expect(new Set(secrets).size).toBe(secrets.length);
});

test('a secret stays the same behind a newer key', () => {
  expect(rotated.secretOf(ENDPOINT, first)).toBe(oldKeys.secretOf(ENDPOINT, first));
});

test('a key that left the ring is asked for by its fingerprint and the setting’s name', () => {
  const withoutOld = new EndpointKeys([NEW]);
  const secretOf = (): string => withoutOld.secretOf(ENDPOINT, first);
  expect(secretOf).toThrow(EndpointKeysError);
  expect(secretOf).toThrow(/EVENT_ENDPOINT_KEYS/);
  expect(secretOf).toThrow(oldKeys.newest);
});

test('a fingerprint does not contain the key', () => {
  expect(rotated.newest).toMatch(/^[\w-]{8}$/);
  expect(NEW).not.toContain(rotated.newest);
});

test.each([[[]], [['short']], [[OLD, OLD]]])('keys that sign nothing are refused: %j', (keys) => {
  expect(() => new EndpointKeys(keys)).toThrow(EndpointKeysError);
});
