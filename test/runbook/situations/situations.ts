import { again } from './again.js';
import { databaseAway } from './database-away.js';
import { failover } from './failover.js';
import { firstLook } from './first-look.js';
import { keyChange } from './key-change.js';
import { notPaid } from './not-paid.js';
import { redisLost } from './redis-lost.js';
import { restore } from './restore.js';
import type { PlayedSituation } from './situation.js';
import { switchedOff } from './switched-off.js';
import { unknownKey } from './unknown-key.js';

/** In the order of the document. */
export const SITUATIONS: readonly PlayedSituation[] = [
  firstLook,
  switchedOff,
  keyChange,
  unknownKey,
  notPaid,
  again,
  databaseAway,
  redisLost,
  restore,
  failover,
];
