import { readApiTokens, SCOPES } from '../../src/config/api-tokens.js';

const MARK = 'S3CRETMARK';
const SHA256 = 'ab'.repeat(32);

describe('API_TOKENS', () => {
  test('names callers by the digest of their token, with scopes and apps', () => {
    const json = JSON.stringify({
      ops: { sha256: SHA256.toUpperCase(), scopes: SCOPES },
      shop: { sha256: '0'.repeat(64), scopes: ['read'], apps: ['shop'] },
    });
    expect(readApiTokens(json)).toEqual([
      { name: 'ops', sha256: SHA256, scopes: SCOPES, apps: undefined },
      { name: 'shop', sha256: '0'.repeat(64), scopes: ['read'], apps: ['shop'] },
    ]);
    expect(readApiTokens(undefined)).toEqual([]);
  });

  test.each([
    MARK,
    '[]',
    'null',
    `{"${MARK}":null}`,
    `{"ops":"${MARK}"}`,
    `{"ops":{"scopes":["read"],"token":"${MARK}"}}`,
    `{"ops":{"sha256":"${MARK}","scopes":["read"]}}`,
    `{"ops":{"sha256":"${SHA256.slice(1)}","scopes":["read"]}}`,
    `{"ops":{"sha256":"${SHA256}"}}`,
    `{"ops":{"sha256":"${SHA256}","scopes":"read"}}`,
    `{"ops":{"sha256":"${SHA256}","scopes":["admin"]}}`,
    `{"ops":{"sha256":"${SHA256}","scopes":["read"],"apps":"${MARK}"}}`,
    `{"ops":{"sha256":"${SHA256}","scopes":["read"],"apps":null}}`,
    `{"ops":{"sha256":"${SHA256}","scopes":["read"],"apps":[1]}}`,
  ])('%s is refused whole: nobody is let in by half a setting, and no value is shown', (json) => {
    let message = '';
    expect(() => {
      try {
        readApiTokens(json);
      } catch (error) {
        message = String(error);
        throw error;
      }
    }).toThrow(/^API_TOKENS must be JSON/);
    expect(message).not.toContain(MARK);
  });
});
