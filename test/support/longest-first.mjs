import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/**
 * Suites that take half a minute and more, the longest first. Jest knows no times on a fresh clone, so it begins with the largest
 * files, and a worker that comes upon one of these at the very end keeps everybody waiting.
 */
const LONG = [
  'test/at-least-once/every-transport',
  'test/runbook/runbook',
  'test/database/embedded-postgres',
  'test/watch/real-causes',
  'test/faults/crash-around-settlement',
  'test/spool/command',
  'test/settlement/budget',
  'test/commands/deliveries',
  'test/examples/examples',
  'test/operations/event-endpoints',
  'test/watch/processes',
  'test/settlement/intents',
  'test/spool/door',
  'test/endpoints/endpoint-transport',
  'test/host/data-source',
  'test/at-least-once/three-relays',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rankOf = ({ path }) => {
      const index = LONG.findIndex((name) => path.endsWith(`${name}.spec.ts`));
      return index === -1 ? LONG.length : index;
    };
    return super.sort(tests).sort((one, other) => rankOf(one) - rankOf(other));
  }
}
