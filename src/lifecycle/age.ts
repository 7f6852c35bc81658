/** How long something has been running, ms. */
export type Age = () => number;

/** Counts from now on, by a clock that nobody sets. */
export function startAge(): Age {
  const startedAtMs = performance.now();
  return () => performance.now() - startedAtMs;
}
