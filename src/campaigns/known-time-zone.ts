import { errorCodeOf } from '../database/database-errors.js';
import { CampaignRefusedError } from './campaign-errors.js';

const INVALID_PARAMETER_VALUE = '22023';

/** Postgres has a list of time zones of its own, and refuses one that only Node knows: days would differ between them. */
export async function refusingUnknownTimeZones<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (errorCodeOf(error) !== INVALID_PARAMETER_VALUE) throw error;
    throw new CampaignRefusedError(['rules.timeZone: must be one that the database knows']);
  }
}
