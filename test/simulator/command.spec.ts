import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { simulateCommand } from '../../src/simulator/command.js';
import type { CommandIo } from '../../src/simulator/command.js';
import type { RunSummary } from '../../src/simulator/run-summary.js';
import { eventually } from '../support/eventually.js';
import { honestDoor, startRecordingServer } from './recording-server.js';
import type { RecordingServer } from './recording-server.js';

const KEY = 'the-admin-key-of-this-test';

describe('the simulate command', () => {
  let server: RecordingServer;
  let cwd: string;

  beforeEach(async () => {
    server = await startRecordingServer(honestDoor(KEY));
    cwd = mkdtempSync(join(tmpdir(), 'simulate-'));
  });
  afterEach(async () => {
    rmSync(cwd, { recursive: true });
    await server.close();
  });

  async function run(
    argv: string[],
    io: Partial<CommandIo> & { isTTY?: boolean } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const stdout = new PassThrough();
    const stderr = Object.assign(new PassThrough(), { isTTY: io.isTTY ?? false, columns: 80 });
    const env = { KAKAO_ADMIN_KEY: KEY };
    // The server is in this process too: where 64 requests at once share a slow processor, each takes longer than Kakao waits.
    const words = ['--url', server.url, '--concurrency', '4', ...argv];
    const code = await simulateCommand(words, { stdout, stderr, env, cwd, ...io });
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';

  it('sends, prints a summary and exits with 0 when all is as expected', async () => {
    const { code, stdout, stderr } = await run([
      '--burst',
      '--repeats',
      '30',
      '--wrong-keys',
      '20',
    ]);

    expect(stderr).toBe('');
    expect(stdout).toMatch(/Sent +100 in/);
    expect(stdout).toMatch(/Mismatches +0/);
    expect(stdout).not.toContain(KEY);
    expect(server.received).toHaveLength(100);
    expect(code).toBe(0);
  });

  it('exits with 1 when an answer is not as expected, and tells how to see the request', async () => {
    const argv = ['--burst', '--seed', 'x', '--count', '20'];
    expect((await run(argv)).code).toBe(0);
    const again = await run(argv);

    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(/request \d+: expected accepted, given duplicate/);
    expect(again.stdout).toContain('This seed may have been sent before');
  });

  it('prints the summary as JSON', async () => {
    const { stdout } = await run(['--burst', '--json', '--seed', 'x', '--count', '10']);

    expect(JSON.parse(stdout) as RunSummary).toMatchObject({ seed: 'x', sent: 10, mismatches: 0 });
  });

  it('shows progress on a terminal only', async () => {
    expect((await run(['--burst'], { isTTY: true })).stderr).toContain('100');
    expect((await run(['--burst', '--no-progress'], { isTTY: true })).stderr).toBe('');
    expect((await run(['--burst'])).stderr).toBe('');
  });

  it('prints one request as curl, without needing or showing the key', async () => {
    const argv = ['--seed', 'x', '--curl', '3', '--wrong-keys', '0'];
    const { code, stdout } = await run(argv, { env: {} });

    expect(code).toBe(0);
    expect(stdout).toMatch(/^curl .*'Authorization: KakaoAK '"\$KAKAO_ADMIN_KEY"/);
    expect(server.received).toHaveLength(0);
    expect((await run(argv)).stdout).toBe(stdout);
    expect((await run([...argv, '--show-key'])).stdout).toContain(`KakaoAK ${KEY}'`);
  });

  it('prints as curl what it sends under that number', async () => {
    const argv = ['--seed', 'x', '--count', '5', '--method', 'get'];
    const { stdout } = await run([...argv, '--curl', '5']);
    await run([...argv, '--concurrency', '1', '--burst']);

    expect(stdout).toContain(server.received[4]?.url);
  });

  it('narrows method and encoding and adds arguments', async () => {
    const argument = ['--argument', 'campaign=summer=1', '--argument', 'shop=가'];
    await run(['--burst', '--method', 'post', '--encoding', 'form', '--count', '9', ...argument]);

    const types = new Set(server.received.map((one) => one.headers['content-type']));
    expect([...types]).toEqual(['application/x-www-form-urlencoded']);
    const form = new URLSearchParams(server.received[0]?.body.toString());
    expect(form.get('campaign')).toBe('summer=1');
    expect(form.get('shop')).toBe('가');
  });

  it('ends early at a signal, with a summary', async () => {
    const stop = new AbortController();
    const running = run(['--rate', '1', '--count', '1000', '--json'], { signal: stop.signal });
    await eventually(() => {
      expect(server.received).not.toHaveLength(0);
    });
    stop.abort();
    const { stdout } = await running;

    expect(JSON.parse(stdout)).toMatchObject({
      stoppedEarly: true,
      sent: server.received.length,
    });
    expect(server.received.length).toBeLessThan(1_000);
  });

  describe('finds the admin key', () => {
    const argv = ['--burst', '--count', '5', '--wrong-keys', '0'];

    it('in --key and in --key-file', async () => {
      writeFileSync(join(cwd, 'key'), `${KEY}\n`);
      expect((await run([...argv, '--key-file', 'key'], { env: {} })).code).toBe(0);
      expect((await run([...argv, '--key', KEY], { env: {} })).code).toBe(0);
    });

    it('in the settings of the service', async () => {
      const env = { KAKAO_ADMIN_KEY: '', KAKAO_ADMIN_KEYS: `${KEY},old` };
      expect((await run(argv, { env })).code).toBe(0);
    });

    it.each([
      [{}, '.data'],
      [{ DATA_DIR: 'elsewhere' }, 'elsewhere'],
    ])('in what a development service with %j made up', async (env, folder) => {
      mkdirSync(join(cwd, folder));
      const secrets = { kakaoAdminKey: KEY, adminToken: 't' };
      writeFileSync(join(cwd, folder, 'development-secrets.json'), JSON.stringify(secrets));

      expect((await run(argv, { env })).code).toBe(0);
    });

    it('or says how to give one', async () => {
      const { code, stderr } = await run(argv, { env: {} });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^SIMULATOR_NO_ADMIN_KEY: .*KAKAO_ADMIN_KEY/);
      expect((await run([...argv, '--key-file', 'none'], { env: {} })).code).toBe(2);
    });

    it('and never prints one that cannot be used', async () => {
      const { code, stderr } = await run(argv, { env: { KAKAO_ADMIN_KEY: 'bad\nsecret' } });
      expect(code).toBe(2);
      expect(stderr).not.toContain('secret');
    });
  });

  it.each([
    'http://example.com/webhook',
    'http://127.0.0.1.example.com/',
    'http://0.0.0.0/',
    'https://[2001:db8::1]/',
  ])('refuses to send to %s unless told so', async (url) => {
    const { code, stderr } = await run(['--url', url]);

    expect(code).toBe(2);
    expect(stderr).toMatch(/^SIMULATOR_REMOTE_TARGET: .*--allow-remote/);
    expect((await run(['--url', url, '--allow-remote', '--curl', '1'])).code).toBe(0);
  });

  it.each([
    ['--url', 'no-url'],
    ['--url', 'ftp://127.0.0.1/'],
    ['--url', 'http://user:secret@127.0.0.1/'],
    ['--count', '0'],
    ['--count', '1e3'],
    ['--rate', '-1'],
    ['--rate', '5', '--burst'],
    ['--rooms', '6'],
    ['--concurrency', '5000'],
    ['--method', 'put'],
    ['--encoding', 'toString'],
    ['--paid', '101'],
    ['--repeats', 'many'],
    ['--curl', '101'],
    ['--argument', 'CHAT_TYPE=MemoChat'],
    ['--argument', 'no-value'],
    ['--kay=secret'],
    ['secret'],
    ['--seed'],
  ])('refuses %s %s', async (...argv) => {
    const { code, stdout, stderr } = await run(argv);

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^SIMULATOR_BAD_USAGE: /);
    expect(stderr).not.toContain('secret');
    expect(server.received).toHaveLength(0);
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const option of ['--url', '--seed', '--burst', '--curl', '--allow-remote']) {
      expect(stdout).toContain(option);
    }
  });
});
