/** A key that was rotated wrongly is one, two at a time are bad luck: the rest is room for strangers. */
export const MAX_UNKNOWN_KEYS = 20;
/** An app of 30,000 shares a day sends some 20 a minute: most of an hour, until somebody has read the log. */
export const MAX_REQUESTS_PER_KEY = 1_000;
/** A webhook has 1 or 2 KiB; together with the bound before: 40 MiB in the database at most. */
export const MAX_BYTES_PER_KEY = 2 * 1024 * 1024;
/** What waits in one process to be written, for each key: 10 MiB at most while the database is away. */
export const MAX_WAITING_PER_KEY = 400;
export const MAX_WAITING_BYTES_PER_KEY = 512 * 1024;
/** Kakao's whole attachment stays under 10 KiB. */
export const MAX_COLLECTED_BYTES = 16 * 1024;
/** After that nobody is going to find the key that was meant, and what is kept is about persons. */
export const UNKNOWN_KEY_DAYS = 30;
