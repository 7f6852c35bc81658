import { FAULT_MS } from '../durations.js';
import type { Scenario } from '../scenario.js';

const RESET_EVERY_MS = 500;
/** A tenth of a second less than Kakao waits for everything. */
const LATENCY_MS = 2_900;

export const NETWORK_FAULTS: readonly Scenario[] = [
  {
    name: 'the network to Postgres is cut: what is sent never arrives',
    async run({ postgres: { network } }, load) {
      network.hold();
      await load.lasts(FAULT_MS);
      network.cut();
      network.release();
    },
  },
  {
    name: 'connections to Postgres are reset twice a second',
    async run({ postgres: { network } }, load) {
      for (let passedMs = 0; passedMs < FAULT_MS; passedMs += RESET_EVERY_MS) {
        network.cut();
        await load.lasts(RESET_EVERY_MS);
      }
    },
  },
  {
    name: 'Postgres is 2.9 s away',
    async run({ postgres: { network } }, load) {
      network.delayAnswers(LATENCY_MS);
      await load.lasts(FAULT_MS);
      network.delayAnswers(0);
    },
  },
];
