import { isConflict } from './database-errors.js';

/** Somebody else was in the way this often: then it is not bad luck any more. */
const MAX_RETRIES = 5;

/** Does work in a transaction of its own, begun again when somebody else was in the way. */
export async function retryConflicts<T>(
  work: () => Promise<T>,
  mayRetry: (error: unknown) => boolean = isConflict,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await work();
    } catch (error) {
      if (!mayRetry(error) || retries === MAX_RETRIES) throw error;
    }
  }
}
