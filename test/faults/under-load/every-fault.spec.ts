import { Logger } from '@nestjs/common';
import { killServiceProcesses } from '../../support/service-process.js';
import { EVERY_FAULT } from './durations.js';
import { play, type Outcome, type Scenario } from './scenario.js';
import { DATABASE_FAULTS } from './scenarios/database-faults.js';
import { NETWORK_FAULTS } from './scenarios/network-faults.js';
import { PROCESS_FAULTS } from './scenarios/process-faults.js';
import { QUEUE_FAULTS } from './scenarios/queue-faults.js';
import { SPOOL_FAULTS } from './scenarios/spool-faults.js';
import { lineOf, tableOf } from './report.js';

/** The longest replays and settles 100,000 deliveries. */
const LIMIT_MS = 1_500_000;

const scenarios: readonly Scenario[] = [
  ...PROCESS_FAULTS,
  ...DATABASE_FAULTS,
  ...QUEUE_FAULTS,
  ...NETWORK_FAULTS,
  ...SPOOL_FAULTS,
].filter(({ short }) => EVERY_FAULT || short === true);

describe('The promise holds under steady load while', () => {
  const outcomes: Outcome[] = [];
  const leftOut: { name: string; reason: string }[] = [];

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterEach(killServiceProcesses);
  afterAll(() => {
    process.stdout.write(tableOf(outcomes, leftOut));
  });

  for (const scenario of scenarios) {
    const reason = scenario.leftOut?.();
    if (reason !== undefined) {
      leftOut.push({ name: scenario.name, reason });
      process.stdout.write(`[faults] LEFT OUT: ${scenario.name} (${reason})\n`);
      test.skip(scenario.name, () => undefined);
      continue;
    }
    test(
      scenario.name,
      async () => {
        const outcome = await play(scenario);
        outcomes.push(outcome);
        process.stdout.write(lineOf(outcome));
        expect(outcome.faults).toEqual([]);
      },
      LIMIT_MS,
    );
  }
});
