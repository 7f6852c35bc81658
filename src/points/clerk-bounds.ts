/** Who moves points that are due, where no person does. */
export const CLERK_ACTOR = 'points-clerk';
/** Transfers in one transaction of the clerk's: about what a settlement of a full job posts. */
export const MAX_MOVEMENTS = 500;
