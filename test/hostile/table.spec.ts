import { AUTHENTICATION } from './families/authentication.js';
import { ENCODINGS } from './families/encodings.js';
import { FORMS_AND_QUERIES } from './families/forms-and-queries.js';
import { HEADERS } from './families/headers.js';
import { JSON_BODIES } from './families/json.js';
import { MANAGEMENT } from './families/management.js';
import { METHODS_AND_TARGETS } from './families/methods-and-targets.js';
import { REPAIRS } from './families/repairs.js';
import { SIZES } from './families/sizes.js';
import type { HostileCase, StoredFacts } from './hostile-case.js';
import { HostileService, MAX_PEAK_RSS_BYTES, testOfMemory } from './hostile-service.js';
import type { RawAnswer } from './exchange.js';
import { write, type Sender } from './raw-request.js';

const FAMILIES: readonly (readonly [string, readonly HostileCase[]])[] = [
  ['authentication', AUTHENTICATION],
  ['methods and targets', METHODS_AND_TARGETS],
  ['headers', HEADERS],
  ['JSON', JSON_BODIES],
  ['forms and queries', FORMS_AND_QUERIES],
  ['encodings', ENCODINGS],
  ['sizes', SIZES],
  ['management', MANAGEMENT],
  ['repairs', REPAIRS],
];
const ALL = FAMILIES.flatMap(([, cases]) => cases);
const RUN_LIMIT_MS = 600_000;

/** What came of a case. */
interface Outcome {
  readonly sender: Sender;
  readonly answer: RawAnswer;
  readonly rowsLeft: number;
}

describe('a table of hostile requests', () => {
  let hostile: HostileService;
  /** Rows there were when the case before was over. */
  let before: number;
  const outcomes = new Map<HostileCase, Outcome>();
  const facts = new Map<string, StoredFacts>();

  beforeAll(async () => {
    hostile = await HostileService.start();
    before = await hostile.rowsLeft();
    for (const hostileCase of ALL) outcomes.set(hostileCase, await play(hostileCase));
    await hostile.untilSettled();
    await readFacts();
  }, RUN_LIMIT_MS);
  afterAll(async () => {
    await hostile.stop();
  });

  async function play(hostileCase: HostileCase): Promise<Outcome> {
    const sender = hostile.newSender();
    const request = hostileCase.request(sender);
    const answer = await hostile.send(Buffer.isBuffer(request) ? request : write(request, sender));
    await hostile.untilStored(answer);
    const after = await hostile.rowsLeft();
    const rowsLeft = after - before;
    before = after;
    return { sender, answer, rowsLeft };
  }

  function outcomeOf(hostileCase: HostileCase): Outcome {
    const outcome = outcomes.get(hostileCase);
    if (outcome === undefined) throw new Error(`"${hostileCase.title}" was not sent`);
    return outcome;
  }

  async function readFacts(): Promise<void> {
    const rows = await hostile.db.rows<{
      id: string;
      verdict: string;
      user_id: string | null;
      problems: { field: string; problem: string }[] | null;
    }>(
      `SELECT d.id, d.user_id, d.problems, c.verdict FROM kakao_share.deliveries d
       JOIN kakao_share.decisions c ON c.delivery_id = d.id AND c.superseded_at IS NULL`,
    );
    for (const { id, verdict, user_id: userId, problems } of rows) {
      const told = (problems ?? []).map(({ field, problem }) => `${field}: ${problem}`);
      facts.set(id, { verdict, problems: told, userId });
    }
  }

  describe.each(FAMILIES)('%s', (_, cases) => {
    test.each(cases.map((each) => [each.title, each.status, each] as const))(
      '%s: %i',
      (_title, status, hostileCase) => {
        const { sender, answer, rowsLeft } = outcomeOf(hostileCase);
        const isLost = hostileCase.isCutOff === true && answer.text === '';
        expect(answer.closedBy).toBe('peer');
        expect(answer.statuses).toEqual(isLost ? [] : [status]);
        if (hostileCase.said !== undefined) expect(answer.text).toMatch(hostileCase.said);
        if (hostileCase.stored === 'nothing') {
          expect(rowsLeft).toBe(0);
          return;
        }
        const deliveryId = /"deliveryId":"([^"]+)"/.exec(answer.text)?.[1] ?? '';
        expect(rowsLeft).toBe(1);
        expect(facts.get(deliveryId)).toEqual(hostileCase.stored(sender));
      },
    );
  });

  test('has at least 200 requests, no two of a family with the same title', () => {
    expect(ALL.length).toBeGreaterThanOrEqual(200);
    for (const [family, cases] of FAMILIES) {
      const titles = new Set(cases.map(({ title }) => title));
      expect([family, titles.size]).toEqual([family, cases.length]);
    }
  });

  test('brings no answer of 500 and more, and no restart', async () => {
    const statuses = [...outcomes.values()].flatMap(({ answer }) => answer.statuses);
    expect(Math.max(...statuses)).toBeLessThan(500);
    expect(await hostile.isServing()).toBe(true);
    expect(() => process.kill(hostile.service.pid, 0)).not.toThrow();
    expect(hostile.service.output()).not.toMatch(/"level":(50|60)/);
  });

  testOfMemory('never took more memory than its bound', () => {
    expect(hostile.peakRssBytes()).toBeLessThan(MAX_PEAK_RSS_BYTES);
  });

  test('leaves no key and no token in any log, answer, metric or table', async () => {
    expect(hostile.service.output().length).toBeGreaterThan(10_000);
    expect(await hostile.findSecrets()).toEqual([]);
  });
});
