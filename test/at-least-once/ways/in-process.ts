import type { ShareEvent } from '../../../src/events/domain-event.js';
import { ensureDestinations } from '../../../src/relay/destinations.js';
import { longAgo } from '../../relay/given-destinations.js';
import { startHostRelay } from '../relay-process.js';
import type { Way } from './way.js';

/** As `host-relay.mjs` names it. */
const HANDLER = 'handler:parent';

/** A method with `@OnShareEvent` in a host. Nothing stands between relay and handler, so what restarts is the database. */
export const inProcess: Way = {
  title: 'a handler in a host application',
  restarts: 'Postgres was killed and started again (the handler dies with each relay)',
  prepare: async (database) => {
    await ensureDestinations(database, [{ name: HANDLER, kind: 'handler' }], longAgo);
    return HANDLER;
  },
  open: ({ db, arrivals, shares }) =>
    Promise.resolve({
      startRelay: () =>
        startHostRelay(db, { transport: 'in-process' }, (text) => {
          arrivals.add(JSON.parse(String(text)) as ShareEvent);
        }),
      restart: () => shares.restart(),
      checkEmpty: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
};
