import {
  KakaoKeyRing,
  KeyRingError,
  presentedKey,
  type KakaoApps,
} from '../../src/kakao/key-ring.js';

const OLD_KEY = '0123456789abcdef0123456789abcdef';
const NEW_KEY = 'fedcba9876543210fedcba9876543210';
const OTHER_KEY = '00112233445566778899aabbccddeeff';

function errorOf(apps: KakaoApps): Error {
  try {
    new KakaoKeyRing(apps);
  } catch (error) {
    return error as Error;
  }
  throw new Error('The ring was built.');
}

describe('the key ring', () => {
  const ring = new KakaoKeyRing({ shop: [OLD_KEY, NEW_KEY], game: [OTHER_KEY] });

  test('the key decides the app, and keys overlap while one is rotated', () => {
    expect(ring.identify(`KakaoAK ${OLD_KEY}`)?.app).toBe('shop');
    expect(ring.identify(`KakaoAK ${NEW_KEY}`)?.app).toBe('shop');
    expect(ring.identify(`KakaoAK ${OTHER_KEY}`)?.app).toBe('game');
    expect(ring.apps).toEqual(['shop', 'game']);
  });

  test('the fingerprint tells keys apart and shows nothing of them', () => {
    const prints = [OLD_KEY, NEW_KEY, OTHER_KEY].map(
      (key) => ring.identify(`KakaoAK ${key}`)?.fingerprint ?? '',
    );
    expect(new Set(prints).size).toBe(3);
    for (const print of prints) {
      expect(print).toMatch(/^[0-9a-f]{8}$/);
      expect(OLD_KEY + NEW_KEY + OTHER_KEY).not.toContain(print);
    }
  });

  test('what identifies a key holder holds no key', () => {
    const told = JSON.stringify([ring, ring.identify(`KakaoAK ${OLD_KEY}`)]);
    expect(told).not.toContain(OLD_KEY);
  });

  test.each(['KakaoAK', 'kakaoak', 'KAKAOAK'])('the scheme may be written %s', (scheme) => {
    expect(ring.identify(`${scheme} ${OLD_KEY}`)?.app).toBe('shop');
  });

  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'KakaoAK'],
    ['the scheme and a space', 'KakaoAK '],
    ['the key alone', OLD_KEY],
    ['another scheme', `Bearer ${OLD_KEY}`],
    ['a longer scheme', `XKakaoAK ${OLD_KEY}`],
    ['a prefix of the key', `KakaoAK ${OLD_KEY.slice(0, -1)}`],
    ['a suffix of the key', `KakaoAK ${OLD_KEY.slice(1)}`],
    ['the key and more', `KakaoAK ${OLD_KEY}0`],
    ['the key in capitals', `KakaoAK ${OLD_KEY.toUpperCase()}`],
    ['two keys', `KakaoAK ${OLD_KEY} ${NEW_KEY}`],
    ['two keys with a comma', `KakaoAK ${OLD_KEY}, ${NEW_KEY}`],
    ['the header twice, joined', `KakaoAK ${OLD_KEY}, KakaoAK ${OLD_KEY}`],
    ['a line end', `KakaoAK ${OLD_KEY}\n`],
    ['a NUL', `KakaoAK ${OLD_KEY}\0`],
    ['a quoted key', `KakaoAK "${OLD_KEY}"`],
    ['the placeholder of the page', 'KakaoAK ${SERVICE_APP_ADMIN_KEY}'],
    ['a very long key', `KakaoAK ${'x'.repeat(10_000)}`],
    ['an app name', 'KakaoAK shop'],
  ])('%s opens nothing', (_, authorization) => {
    expect(ring.identify(authorization)).toBeUndefined();
  });

  test.each<[string, KakaoApps]>([
    ['no app', {}],
    ['an app without keys', { shop: [OLD_KEY], game: [] }],
    ['an empty key', { shop: [''] }],
    ['a key with a space', { shop: [`${OLD_KEY} `] }],
    ['a key with a letter that no header carries', { shop: [`${OLD_KEY}é`] }],
    ['an over-long key', { shop: ['x'.repeat(257)] }],
    ['a key in two apps', { shop: [OLD_KEY], game: [OLD_KEY] }],
    ['a key twice in one app', { shop: [OLD_KEY, OLD_KEY] }],
    ['an app without a name', { '': [OLD_KEY] }],
    ['an app with a bad name', { 'a/b': [OLD_KEY] }],
    ['an app with an over-long name', { ['a'.repeat(65)]: [OLD_KEY] }],
    ['an app that is named like a key', { [OTHER_KEY]: [OLD_KEY] }],
  ])('%s makes no ring, and the error shows no key', (_, apps) => {
    const error = errorOf(apps);
    expect(error).toBeInstanceOf(KeyRingError);
    expect(error).toMatchObject({ code: 'KAKAO_KEY_RING_INVALID' });
    for (const key of [OTHER_KEY, ...Object.values(apps).flat()].filter(Boolean)) {
      expect(`${error.message}${error.stack ?? ''}`).not.toContain(key);
    }
  });

  test('other keys come into force at once, and it is told by fingerprint which came and went', () => {
    const moving = new KakaoKeyRing({ shop: [OLD_KEY], game: [OTHER_KEY] });
    const print = (key: string): string => presentedKey(`KakaoAK ${key}`)?.fingerprint ?? '';
    expect(moving.replace({ shop: [OLD_KEY, NEW_KEY, OTHER_KEY] })).toEqual({
      added: [
        { app: 'shop', fingerprint: print(NEW_KEY) },
        { app: 'shop', fingerprint: print(OTHER_KEY) },
      ],
      removed: [{ app: 'game', fingerprint: print(OTHER_KEY) }],
    });
    expect(moving.identify(`KakaoAK ${OTHER_KEY}`)?.app).toBe('shop');
    expect(moving.apps).toEqual(['shop']);
    expect(moving.replace({ shop: [NEW_KEY] }).removed).toHaveLength(2);
    expect(moving.identify(`KakaoAK ${OLD_KEY}`)).toBeUndefined();
  });

  test('keys that cannot be used leave those in force that were', () => {
    const moving = new KakaoKeyRing({ shop: [OLD_KEY] });
    expect(() => moving.replace({ shop: [NEW_KEY], game: [] })).toThrow(KeyRingError);
    expect(moving.identify(`KakaoAK ${OLD_KEY}`)?.app).toBe('shop');
    expect(moving.identify(`KakaoAK ${NEW_KEY}`)).toBeUndefined();
  });

  test('a key that was presented earlier is known by its proof, once an app has it', () => {
    const moving = new KakaoKeyRing({ shop: [OLD_KEY] });
    const presented = presentedKey(`KakaoAK ${NEW_KEY}`);
    const proof = presented?.proof ?? Buffer.alloc(0);
    expect(proof).toHaveLength(16);
    expect(proof.toString('hex')).not.toContain(presented?.fingerprint);
    expect(moving.holderOf(proof)).toBeUndefined();
    moving.replace({ shop: [OLD_KEY], game: [NEW_KEY] });
    expect(moving.holderOf(proof)).toEqual({ app: 'game', fingerprint: presented?.fingerprint });
  });
});
