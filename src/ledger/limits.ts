/** The most that a rule pays or a person moves at once: far beyond any reward; what is more is a slip of the hand. */
export const MAX_AMOUNT = 1_000_000_000_000;
/** The most that a user can have of a unit: accounts that all users share hold several times that, so nobody alone exhausts them. */
export const MAX_USER_BALANCE = 1_000 * MAX_AMOUNT;
