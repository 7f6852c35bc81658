import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keepDevelopmentSecrets } from '../../src/config/development-secrets.js';
import { EndpointKeys } from '../../src/endpoints/endpoint-keys.js';
import { IntentSigningKeys } from '../../src/intents/signing-keys.js';
import { KakaoKeyRing } from '../../src/kakao/key-ring.js';

describe('development secrets', () => {
  let folder: string;
  let dataDir: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-secrets-'));
    dataDir = path.join(folder, 'not', 'there', 'yet');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (): string => path.join(dataDir, 'development-secrets.json');

  test('are made once and kept, readable by their owner alone', () => {
    const made = keepDevelopmentSecrets(dataDir);
    expect(keepDevelopmentSecrets(dataDir)).toEqual(made);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test('stay closed to others whatever the umask says', () => {
    const umask = process.umask(0);
    try {
      keepDevelopmentSecrets(dataDir);
    } finally {
      process.umask(umask);
    }
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test('are others in every folder, and the key is one that a key ring takes', () => {
    const one = keepDevelopmentSecrets(dataDir);
    const other = keepDevelopmentSecrets(path.join(folder, 'other'));
    expect(one.kakaoAdminKey).not.toBe(other.kakaoAdminKey);
    expect(one.adminToken).not.toBe(other.adminToken);
    expect(one.kakaoAdminKey).toMatch(/^[0-9a-f]{32}$/);
    expect(new KakaoKeyRing({ default: [one.kakaoAdminKey] }).apps).toEqual(['default']);
  });

  test('that an older version made stay as they are, and what it did not make is added', () => {
    const { kakaoAdminKey, adminToken } = keepDevelopmentSecrets(dataDir);
    writeFileSync(file(), JSON.stringify({ kakaoAdminKey, adminToken }));
    const completed = keepDevelopmentSecrets(dataDir);
    expect(completed).toMatchObject({ kakaoAdminKey, adminToken });
    expect(() => new IntentSigningKeys([completed.intentSigningKey])).not.toThrow();
    expect(() => new EndpointKeys([completed.eventEndpointKey])).not.toThrow();
    expect(keepDevelopmentSecrets(dataDir)).toEqual(completed);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test.each([
    '',
    '{',
    'null',
    '{"kakaoAdminKey":"a","adminToken":"b","intentSigningKey":1}',
    '{"kakaoAdminKey":"a","adminToken":"b","eventEndpointKey":1}',
    '{"kakaoAdminKey":"S3CRETMARK"}',
    '{"kakaoAdminKey":1,"adminToken":2}',
  ])(
    'a file that holds %j is not overwritten, and the fault says what to do without showing it',
    (content) => {
      keepDevelopmentSecrets(dataDir);
      writeFileSync(file(), content);
      expect(() => keepDevelopmentSecrets(dataDir)).toThrow(
        new RegExp(`^(?!.*S3CRETMARK).*delete it, and new secrets are made`, 's'),
      );
      expect(readFileSync(file(), 'utf8')).toBe(content);
    },
  );
});
