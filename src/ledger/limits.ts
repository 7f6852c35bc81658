/** The most that a rule pays or a person moves at once: far beyond any reward; what is more is a slip of the hand. */
export const MAX_AMOUNT = 1_000_000_000_000;
/** The most that a user can have of a unit: so many would have to have that much that accounts which all share never overflow. */
export const MAX_USER_BALANCE = 1_000 * MAX_AMOUNT;
