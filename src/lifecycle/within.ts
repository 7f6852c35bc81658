/** Something did not answer within the time it was given. Whether it happened all the same is unknown. */
export class DeadlineError extends Error {
  readonly code = 'KAKAO_SHARE_DEADLINE';
  override readonly name = 'DeadlineError';
}

/** Waits for a promise, but not for ever. @throws {DeadlineError} after `limitMs`; the work itself goes on unheard. */
export async function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`${what} took longer than ${limitMs} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
