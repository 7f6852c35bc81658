import type { ServerResponse } from 'node:http';

import { runScenario } from '../../src/simulator/run.js';
import { simulateShares } from '../../src/simulator/scenario.js';
import type { ScenarioOptions } from '../../src/simulator/scenario.js';
import type { SimulatedShare } from '../../src/simulator/simulated-share.js';
import { answer, honestDoor, startRecordingServer } from './recording-server.js';
import type { RecordingServer } from './recording-server.js';

/** A slow machine is no slow server. */
const PATIENCE_MS = 60_000;

describe('a run', () => {
  let server: RecordingServer;
  afterEach(() => server.close());

  function shares(changes: Partial<ScenarioOptions> = {}): Iterable<SimulatedShare> {
    return simulateShares({ seed: 'r', url: server.url, adminKey: 'key', count: 100, ...changes });
  }

  it('finds everything as expected at an honest door, repeats racing their first send included', async () => {
    server = await startRecordingServer(honestDoor('key'));
    const mix = { repeats: 0.5, wrongKeys: 0.1, forged: 0.3 };
    const options = { concurrency: 50, limitMs: PATIENCE_MS };
    const summary = await runScenario(shares({ count: 2000, mix }), options);

    expect(summary).toMatchObject({ sent: 2000, mismatches: 0, overLimit: 0, stoppedEarly: false });
    expect(summary.given).toEqual(summary.expected);
    expect(summary.byHttpStatus).toEqual({
      200: 2000 - (summary.expected.unauthorized ?? 0),
      401: summary.expected.unauthorized,
    });
    expect(summary.latencyMs.p50).toBeGreaterThan(0);
    expect(summary.latencyMs.max).toBeGreaterThanOrEqual(summary.latencyMs.p99);
  });

  it('finds a door that lets wrong keys in and one that takes a repeat twice', async () => {
    server = await startRecordingServer();
    const mix = { repeats: 0.3, wrongKeys: 0.2 };
    const summary = await runScenario(shares({ mix }));

    const { duplicate = 0, unauthorized = 0 } = summary.expected;
    expect(unauthorized).toBeGreaterThan(0);
    expect(duplicate).toBeGreaterThan(0);
    expect(summary.mismatches).toBe(unauthorized + duplicate);
  });

  it('never has more under way than its concurrency', async () => {
    let open = 0;
    let most = 0;
    const held: ServerResponse[] = [];
    const release = (): void => {
      for (const response of held.splice(0)) {
        setTimeout(() => {
          open--;
          answer(response, 200, { status: 'accepted' });
        }, 5);
      }
    };
    server = await startRecordingServer((_, response) => {
      most = Math.max(most, ++open);
      held.push(response);
      // The first are held until all have come that may.
      if (most >= 7) release();
    });
    await runScenario(shares(), { concurrency: 7, limitMs: PATIENCE_MS });

    expect(most).toBe(7);
  });

  it('keeps to its rate', async () => {
    server = await startRecordingServer();
    const summary = await runScenario(shares({ count: 41 }), { ratePerSecond: 100 });

    // The 41st starts 400 ms after the first.
    expect(summary.elapsedMs).toBeGreaterThanOrEqual(395);
    expect(summary.perSecond).toBeLessThan(105);
  });

  it('tells how far it fell behind a rate that the server does not allow', async () => {
    server = await startRecordingServer((_, response) => {
      setTimeout(() => {
        answer(response, 200, { status: 'accepted' });
      }, 20);
    });
    const options = { ratePerSecond: 1000, concurrency: 1 };
    const summary = await runScenario(shares({ count: 10 }), options);

    expect(summary.maxLagMs).toBeGreaterThan(100);
  });

  it('counts over the limit what is never answered', async () => {
    const hanging: ServerResponse[] = [];
    server = await startRecordingServer((_, response) => hanging.push(response));
    const summary = await runScenario(shares({ count: 5 }), { limitMs: 100 });

    expect(summary).toMatchObject({ given: { timeout: 5 }, overLimit: 5, mismatches: 5 });
    expect(summary.latencyMs.p50).toBeGreaterThanOrEqual(99);
  });

  it('counts refused connections by their code', async () => {
    server = await startRecordingServer();
    await server.close();
    const summary = await runScenario(shares({ count: 5 }));

    expect(summary).toMatchObject({ given: { failed: 5 }, failures: { ECONNREFUSED: 5 } });
  });

  it('stops an endless scenario at a signal, waiting for what is under way', async () => {
    server = await startRecordingServer();
    const stop = new AbortController();
    let answers = 0;
    const summary = await runScenario(shares({ count: undefined }), {
      signal: stop.signal,
      onAnswer: () => {
        if (++answers === 200) stop.abort();
      },
    });

    expect(summary.stoppedEarly).toBe(true);
    expect(summary.sent).toBe(server.received.length);
    expect(summary.sent).toBeLessThanOrEqual(200 + 64);
  });

  it('stops while it waits for the next turn', async () => {
    server = await startRecordingServer();
    const stop = new AbortController();
    // The next turn comes after any limit of this test.
    const summary = await runScenario(shares(), {
      ratePerSecond: 0.001,
      signal: stop.signal,
      onAnswer: () => {
        setTimeout(() => {
          stop.abort();
        }, 50);
      },
    });

    expect(summary).toMatchObject({ sent: 1, stoppedEarly: true });
  });

  it('fails when a request cannot be built into bytes', async () => {
    server = await startRecordingServer();
    const broken = { method: 'GET', url: 'no url', headers: {} };
    const [one] = shares({ count: 1 });
    if (!one) throw new Error('no share');

    await expect(runScenario([{ ...one, request: broken }, one])).rejects.toThrow('Invalid URL');
  });
});
