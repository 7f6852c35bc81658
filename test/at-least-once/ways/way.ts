import type { Database } from '../../../src/database/database.js';
import { ensureDestinations } from '../../../src/relay/destinations.js';
import { longAgo } from '../../relay/given-destinations.js';
import type { TestDatabase } from '../../support/test-database.js';
import type { Arrivals } from '../arrivals.js';
import type { RelayProcess } from '../relay-process.js';
import type { SettledShares } from '../settled-shares.js';

/** One way from the outbox to somebody who is told: a transport, its other side, and a consumer there. */
export interface Way {
  readonly title: string;
  /** Without this program on the machine it is left out. */
  readonly program?: string;
  /** What is meant by a restart there. */
  readonly restarts: string;
  /** Makes its destination known. @returns its name */
  prepare(database: Database): Promise<string>;
  open(parts: WayParts): Promise<OpenWay>;
}

export interface WayParts {
  /** Where all events wait for this way's destination alone. */
  readonly db: TestDatabase;
  /** To be filled from now on by the consumer. */
  readonly arrivals: Arrivals;
  readonly shares: SettledShares;
}

export interface OpenWay {
  startRelay(): RelayProcess;
  /**
   * Brings the other side down the hard way, and back with the data it had.
   * @param untilNoticed resolves when a relay has met with it being away
   */
  restart(untilNoticed: () => Promise<void>): Promise<void>;
  /** Throws while something lies on the other side that the consumer was not told yet. */
  checkEmpty(): Promise<void>;
  close(): Promise<void>;
}

/** As most transports are made known. */
export function asTransport(name: string): Pick<Way, 'prepare'> {
  return {
    prepare: async (database) => {
      await ensureDestinations(database, [{ name, kind: 'transport' }], longAgo);
      return name;
    },
  };
}
