import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import {
  MissingSignatureError,
  ShareEventFormatError,
  ShareEventSignatureError,
  ShareEventVerifier,
  SignatureSecretError,
  signShareEvent,
  StaleSignatureError,
  WrongSignatureError,
} from '../../src/consumer.js';
import { givenEvent } from './given-event.js';

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

const secret = newSecret();
const event = givenEvent();
const body = JSON.stringify(event);
const verifier = new ShareEventVerifier(secret);

/** A request as the specification's own library signs it. */
function signed(by: readonly string[], payload = body, at = new Date()): Record<string, string> {
  return {
    'webhook-id': event.id,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
    'webhook-signature': by.map((one) => new Webhook(one).sign(event.id, at, payload)).join(' '),
  };
}

const minutesFromNow = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

describe('the six standard cases', () => {
  test('valid: the event', () => {
    expect(verifier.verify(body, signed([secret]))).toEqual(event);
  });

  test('several signatures: one that fits is enough', () => {
    expect(verifier.verify(body, signed([newSecret(), secret, newSecret()]))).toEqual(event);
  });

  test('tampered: refused', () => {
    const changed = body.replace('minji', 'jisoo');
    expect(() => verifier.verify(changed, signed([secret]))).toThrow(WrongSignatureError);
    const otherId = { ...signed([secret]), 'webhook-id': 'another' };
    expect(() => verifier.verify(body, otherId)).toThrow(WrongSignatureError);
  });

  test('wrong secret: refused', () => {
    expect(() => verifier.verify(body, signed([newSecret()]))).toThrow(WrongSignatureError);
  });

  test.each([-6, 6])('signed %i minutes from now: refused', (minutes) => {
    const headers = signed([secret], body, minutesFromNow(minutes));
    expect(() => verifier.verify(body, headers)).toThrow(StaleSignatureError);
    const close = signed([secret], body, minutesFromNow(minutes * 0.75));
    expect(verifier.verify(body, close)).toEqual(event);
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'no header %s: refused',
    (name) => {
      const headers = { ...signed([secret]), [name]: undefined };
      expect(() => verifier.verify(body, headers)).toThrow(MissingSignatureError);
      expect(() => verifier.verify(body, { ...headers, [name]: '' })).toThrow(
        MissingSignatureError,
      );
    },
  );
});

test('a time moved to now does not make an old signature good', () => {
  const old = signed([secret], body, minutesFromNow(-60));
  const moved = { ...old, 'webhook-timestamp': signed([secret])['webhook-timestamp'] };
  expect(() => verifier.verify(body, moved)).toThrow(WrongSignatureError);
});

test.each(['v1', 'v1,', 'v2,x', ',', ' ', 'v1a,AAAA'])('the signature "%s" is refused', (text) => {
  const headers = { ...signed([secret]), 'webhook-signature': text };
  expect(() => verifier.verify(body, headers)).toThrow(WrongSignatureError);
});

test('while secrets rotate, each of them verifies', () => {
  const [older, newer] = [newSecret(), newSecret()];
  const rotating = new ShareEventVerifier([newer, older]);
  expect(rotating.verify(body, signed([older]))).toEqual(event);
  expect(rotating.verify(body, signed([newer]))).toEqual(event);
  expect(() => rotating.verify(body, signed([secret]))).toThrow(WrongSignatureError);
});

test('headers are taken as node gives them, as it gives them apart, and as fetch does', () => {
  const headers = signed([secret]);
  const apart = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, [text]]));
  const shouted = Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name.toUpperCase(), text]),
  );
  for (const form of [headers, apart, shouted, new Headers(headers)]) {
    expect(verifier.verify(Buffer.from(body), form)).toEqual(event);
  }
});

test('a header that came twice is refused: nobody knows which one was meant', () => {
  const headers = signed([secret]);
  const twice = { ...headers, 'webhook-id': [event.id, event.id] };
  expect(() => verifier.verify(body, twice)).toThrow(MissingSignatureError);
});

test('signed by us, but no event: told apart from a forgery', () => {
  const ping = JSON.stringify({ hello: 'world' });
  expect(() => verifier.verify(ping, signed([secret], ping))).toThrow(ShareEventFormatError);
  expect(() => verifier.verify('', signed([secret], ''))).toThrow(ShareEventFormatError);
});

test('a request for a test of a receiver is what the specification’s library believes', () => {
  const request = signShareEvent(secret, event);
  expect(new Webhook(secret).verify(request.body, request.headers)).toEqual(event);
  expect(verifier.verify(request.body, request.headers)).toEqual(event);
  const old = signShareEvent(secret, event, minutesFromNow(-10));
  expect(() => verifier.verify(old.body, old.headers)).toThrow(StaleSignatureError);
});

test.each([
  { what: 'none', secrets: [] },
  { what: 'an empty one', secrets: '' },
  { what: 'one without its prefix', secrets: secret.slice(6) },
  { what: 'one with a line end', secrets: `${secret}\n` },
  { what: 'one that is no base64', secrets: 'whsec_***' },
  { what: 'one that is too short', secrets: 'whsec_c2hvcnQ=' },
  { what: 'more than a rotation needs', secrets: Array.from({ length: 11 }, newSecret) },
])('secrets: $what is refused, and none is repeated in the message', ({ secrets }) => {
  const open = (): unknown => new ShareEventVerifier(secrets);
  expect(open).toThrow(SignatureSecretError);
  for (const one of [secrets].flat().filter((text) => text.length > 8)) {
    expect(open).not.toThrow(one.trim());
  }
});

test('a secret that is missing, as a setting may be, is told as such', () => {
  const missing = undefined as unknown as string;
  expect(() => new ShareEventVerifier(missing)).toThrow(SignatureSecretError);
  expect(() => new ShareEventVerifier([missing])).toThrow(SignatureSecretError);
});

test('what is refused says its code and the remedy, and neither secret, signature nor body', () => {
  const headers = signed([newSecret()]);
  const forms = [headers, {}, signed([secret], body, new Date(0))];
  for (const form of forms) {
    let refusal: unknown;
    try {
      verifier.verify(body, form);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ShareEventSignatureError);
    const { code, message } = refusal as ShareEventSignatureError;
    expect(code).toMatch(/^KAKAO_SHARE_SIGNATURE_/);
    expect(message).toContain('Refuse');
    for (const hidden of [secret, 'minji', headers['webhook-signature']]) {
      expect(message).not.toContain(hidden);
    }
  }
});
