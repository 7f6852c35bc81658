import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilTold,
} from '../support/test-service.js';
import { Gate, type Step } from './gate.js';
import { expireDispatchLeases, expireRelayLeases, pointsOf, proveWhole } from './proof.js';

const STEPS: readonly (Step & { readonly step: string; readonly statement: RegExp })[] = [
  {
    step: 'counts the attempt',
    table: 'open_deliveries',
    on: 'UPDATE',
    statement: /attempts \+ 1/,
  },
  { step: 'brings the user into being', table: 'users', on: 'INSERT', statement: /users/ },
  { step: 'records the share', table: 'shares', on: 'INSERT', statement: /shares/ },
  { step: 'takes the reward key', table: 'reward_keys', on: 'INSERT', statement: /reward_keys/ },
  { step: 'opens the account', table: 'accounts', on: 'INSERT', statement: /INTO .*accounts/ },
  { step: 'writes the transfer', table: 'transfers', on: 'INSERT', statement: /transfers/ },
  {
    step: 'takes the transfer key',
    table: 'transfer_keys',
    on: 'INSERT',
    statement: /transfer_keys/,
  },
  { step: 'writes the entries', table: 'entries', on: 'INSERT', statement: /entries/ },
  { step: 'writes the lot', table: 'lots', on: 'INSERT', statement: /lots/ },
  { step: 'sets the balances', table: 'accounts', on: 'UPDATE', statement: /UPDATE .*accounts/ },
  { step: 'writes the verdict', table: 'decisions', on: 'INSERT', statement: /decisions/ },
  { step: 'numbers the events', table: 'users', on: 'UPDATE', statement: /next_sequence/ },
  { step: 'writes the events', table: 'events', on: 'INSERT', statement: /events/ },
  { step: 'fills the outbox', table: 'outbox', on: 'INSERT', statement: /outbox/ },
  { step: 'closes the delivery', table: 'open_deliveries', on: 'DELETE', statement: /DELETE/ },
  { step: 'commits', table: 'decisions', on: 'INSERT', atCommit: true, statement: /COMMIT/ },
];

describe('a worker that is killed while it settles', () => {
  let db: TestDatabase;
  let environment: Record<string, string>;
  let service: ServiceProcess;
  const acknowledged: string[] = [];

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    environment = serviceEnvironment(db);
    service = await startServiceProcess(environment);
  });
  afterAll(async () => {
    await killServiceProcesses();
    await db.drop();
  });

  async function acknowledge(userId: string, resourceId: string): Promise<void> {
    const answer = await service.share(shareBy(userId), resourceId);
    expect(answer).toMatchObject({ status: 200 });
    acknowledged.push(resourceId);
  }

  /** Shares of a new user and of one whom everybody knows; the second pays nothing, its room is used up. */
  async function killAt(gate: Gate, statement: RegExp, name: string): Promise<void> {
    await acknowledge(`new at ${name}`, `${name} 1`);
    await acknowledge('regular', `${name} 2`);
    await gate.untilReached(statement);
    await service.end('SIGKILL');
  }

  async function startAgain(): Promise<void> {
    await expireDispatchLeases(db);
    await expireRelayLeases(db);
    service = await startServiceProcess(environment);
    await untilSettled(db);
    await untilTold(db);
  }

  test.each(STEPS)('as it $step: the next one settles it all, once', async (step) => {
    const gate = await Gate.close(db, { ...step, table: `kakao_share.${step.table}` });
    await killAt(gate, step.statement, step.step);
    await gate.open();
    await startAgain();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, `new at ${step.step}`)).toBe(100);
    expect(await pointsOf(db, 'regular')).toBe(100);
  });

  test('as it commits, its session gone with it: the next one settles it all, once', async () => {
    const step = { table: 'kakao_share.decisions', on: 'INSERT', atCommit: true } as const;
    const gate = await Gate.close(db, step);
    await killAt(gate, /COMMIT/, 'lost commit');
    await gate.endWaiting();
    await gate.open();
    await startAgain();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, 'new at lost commit')).toBe(100);
  });

  test('as it waits for a user whom somebody else holds: the next one settles it all, once', async () => {
    const gate = await Gate.lock(
      db,
      `SELECT FROM kakao_share.users WHERE user_id = 'regular' FOR UPDATE`,
    );
    await killAt(gate, /FOR UPDATE OF u/, 'locked user');
    await gate.open();
    await startAgain();
    await proveWhole(db, acknowledged);
  });
});
