import fc from 'fast-check';
import {
  INTENT_PARAMETER,
  readIntentToken,
  writeIntentToken,
  type IntentClaim,
} from '../../src/intents/intent-token.js';
import { IntentSigningKeys, SigningKeysError } from '../../src/intents/signing-keys.js';

const secrets = fc.string({ minLength: 32, maxLength: 80 });
const claims: fc.Arbitrary<IntentClaim> = fc.record({
  id: fc.uuid(),
  expiresAt: fc.integer({ min: 0, max: 2 ** 40 - 1 }).map((seconds) => new Date(seconds * 1_000)),
});
/** Two different secrets whose key ids differ too, as those of real keys do. */
const twoSecrets = fc.tuple(secrets, secrets).filter(([one, other]) => {
  const [a, b] = [one, other].map((secret) => new IntentSigningKeys([secret]).sign('').keyId);
  return a !== b;
});

describe('an intent token', () => {
  test('says what was written into it, to the second', () => {
    fc.assert(
      fc.property(claims, secrets, (claim, secret) => {
        const keys = new IntentSigningKeys([secret]);
        expect(readIntentToken(writeIntentToken(claim, keys), keys)).toEqual(claim);
      }),
    );
  });

  test('as an argument stays under 300 bytes, and needs no escape in a URL or in JSON', () => {
    fc.assert(
      fc.property(claims, secrets, (claim, secret) => {
        const token = writeIntentToken(claim, new IntentSigningKeys([secret]));
        expect(Buffer.byteLength(`${INTENT_PARAMETER}=${token}`)).toBeLessThan(300);
        expect(token).toMatch(/^[A-Za-z0-9._-]{60}$/);
      }),
    );
  });

  test('with any bit flipped is none of ours', () => {
    fc.assert(
      fc.property(claims, secrets, fc.nat(), (claim, secret, where) => {
        const keys = new IntentSigningKeys([secret]);
        const bytes = Buffer.from(writeIntentToken(claim, keys));
        const bit = where % (bytes.length * 8);
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(readIntentToken(bytes.toString('latin1'), keys)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('that was cut, extended, or is any other text is none of ours', () => {
    fc.assert(
      fc.property(claims, secrets, fc.string(), fc.nat(59), (claim, secret, text, cut) => {
        const keys = new IntentSigningKeys([secret]);
        const token = writeIntentToken(claim, keys);
        for (const forged of [
          text,
          token.slice(0, cut),
          `${token}${text || '='}`,
          `${text || ' '}${token}`,
        ])
          expect(readIntentToken(forged, keys)).toBeUndefined();
      }),
    );
  });

  test('of another key is none of ours, whatever key id it claims', () => {
    fc.assert(
      fc.property(claims, twoSecrets, (claim, [ours, theirs]) => {
        const keys = new IntentSigningKeys([ours]);
        const token = writeIntentToken(claim, new IntentSigningKeys([theirs]));
        expect(readIntentToken(token, keys)).toBeUndefined();
        const renamed = token.replace(/^1\.[^.]+/, `1.${keys.sign('').keyId}`);
        expect(readIntentToken(renamed, keys)).toBeUndefined();
      }),
    );
  });

  test('still counts while its key is listed second, and no longer once the key is gone', () => {
    fc.assert(
      fc.property(claims, twoSecrets, (claim, [old, fresh]) => {
        const token = writeIntentToken(claim, new IntentSigningKeys([old]));
        const rotating = new IntentSigningKeys([fresh, old]);
        expect(readIntentToken(token, rotating)).toEqual(claim);
        const rotated = new IntentSigningKeys([fresh]);
        expect(readIntentToken(token, rotated)).toBeUndefined();
        expect(readIntentToken(writeIntentToken(claim, rotating), rotated)).toEqual(claim);
      }),
    );
  });
});

test.each([
  ['none', []],
  ['one that is too short', ['k'.repeat(31)]],
  ['one twice', ['k'.repeat(32), 'k'.repeat(32)]],
])('signing keys cannot be %s', (_, given) => {
  expect(() => new IntentSigningKeys(given)).toThrow(SigningKeysError);
});
