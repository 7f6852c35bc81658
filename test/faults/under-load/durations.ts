/** Every fault, for as long as it takes to believe in; otherwise a few of them, shortly. */
export const EVERY_FAULT = process.env.FAULTS === 'all';

/** How long the longest fault lasts. */
const LONGEST_S = Number(process.env.FAULT_SECONDS ?? (EVERY_FAULT ? 60 : 5));
export const LONG_FAULT_MS = LONGEST_S * 1_000;
/** Most show in a quarter of a minute what they show in a whole one. */
export const FAULT_MS = Math.min(LONG_FAULT_MS, 15_000);
