import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually.js';
import { shareBy } from '../support/test-service.js';
import {
  descendantsOf,
  expireLeasesIn,
  kill,
  lives,
  startInTerminal,
  type Terminal,
} from './terminal.js';

const SENDERS = 8;
/** It gives itself 10 s and says by its code whether they were enough; the rest is for npm, and for a machine that is busy. */
const STOP_LIMIT_MS = 30_000;
const TEST_LIMIT_MS = 300_000;

interface Page {
  items: { resourceId: string; verdict: string }[];
  nextCursor: string | null;
}

describe('npm start, ended under load', () => {
  const settings = {
    KAKAO_ADMIN_KEYS: randomBytes(16).toString('hex'),
    ADMIN_TOKEN: randomBytes(24).toString('hex'),
    LOG_LEVEL: 'warn',
  };
  const acknowledged: string[] = [];
  let dataDir: string;
  let terminal: Terminal;
  let loading = false;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'kakao-share-terminal-'));
    await chmod(dataDir, 0o755);
    terminal = await startInTerminal(dataDir, settings);
  }, TEST_LIMIT_MS);
  afterEach(() => {
    loading = false;
  });
  afterAll(async () => {
    terminal.killGroup();
    const servers = [terminal.postgresPid, ...descendantsOf(terminal.postgresPid)];
    for (const pid of servers) kill(pid);
    await eventually(() => {
      if (servers.some(lives)) throw new Error('Postgres is still there.');
    });
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Sends until nobody answers any more; keeps what was answered with 2xx. */
  async function loadUntilItEnds(name: string, end: () => void): Promise<void> {
    const sendingTo = terminal;
    const before = acknowledged.length;
    loading = true;
    const senders = Array.from({ length: SENDERS }, async (_, sender) => {
      for (let count = 0; loading; count++) {
        const id = `${name}-${sender}-${count}`;
        const { status } = await sendingTo.share(shareBy(id), id);
        if (status === 200) acknowledged.push(id);
        if (status === 0) return;
      }
    });
    await eventually(() => {
      if (acknowledged.length < before + 200) throw new Error('The door takes nothing.');
    });
    end();
    await Promise.all(senders);
  }

  async function startAgainAndProve(): Promise<void> {
    terminal = await startInTerminal(dataDir, settings);
    await expireLeasesIn(dataDir);
    await eventually(async () => {
      const pending = await terminal.api<Page>('/v1/deliveries?verdict=pending&limit=1');
      expect(pending.body.items).toEqual([]);
    });
    // What a slow moment had put into the spool comes later: a folder that was left in a hurry belongs to others after 10 s.
    await eventually(async () => {
      const verdicts = await readVerdicts();
      expect(acknowledged.filter((id) => verdicts.get(id) !== 'rewarded')).toEqual([]);
    });
    const { body } = await terminal.api<{ ok: boolean }>('/v1/ledger/verification');
    expect(body).toMatchObject({ ok: true });
  }

  async function readVerdicts(): Promise<Map<string, string>> {
    const verdicts = new Map<string, string>();
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { body: Page } = await terminal.api<Page>(
        `/v1/deliveries?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      for (const { resourceId, verdict } of page.body.items) verdicts.set(resourceId, verdict);
      cursor = page.body.nextCursor;
    }
    return verdicts;
  }

  test(
    'Ctrl-C: it ends in order within 10 s, nothing is left running, nothing acknowledged is missing',
    async () => {
      let interruptedAt = 0;
      await loadUntilItEnds('ctrl-c', () => {
        interruptedAt = Date.now();
        terminal.interrupt();
      });
      await terminal.exited;
      expect(terminal.serviceCode()).toBe(0);
      expect(Date.now() - interruptedAt).toBeLessThan(STOP_LIMIT_MS);
      expect(lives(terminal.postgresPid)).toBe(false);
      await startAgainAndProve();
    },
    TEST_LIMIT_MS,
  );

  test(
    'kill -9 of node alone: the next start works and settles what was acknowledged',
    async () => {
      await loadUntilItEnds('node', () => {
        kill(terminal.servicePid);
      });
      await terminal.exited;
      expect(lives(terminal.postgresPid)).toBe(true);
      await startAgainAndProve();
    },
    TEST_LIMIT_MS,
  );

  test(
    'kill -9 of everything, Postgres too: the next start works and settles what was acknowledged',
    async () => {
      await loadUntilItEnds('everything', () => {
        // Stopped, it makes no more children while they are counted.
        process.kill(terminal.postgresPid, 'SIGSTOP');
        const servers = [terminal.postgresPid, ...descendantsOf(terminal.postgresPid)];
        terminal.killGroup();
        for (const pid of servers) kill(pid);
      });
      await terminal.exited;
      await startAgainAndProve();
    },
    TEST_LIMIT_MS,
  );
});
