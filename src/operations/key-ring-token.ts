/** The ring that the door asks, for those who show it. */
export const KEY_RING = Symbol('key ring');

/** The custom parameter that names the user, at the service's own door. */
export const USER_PARAMETER_NAME = Symbol('user parameter');
