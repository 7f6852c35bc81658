const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** A request's target, taken apart. */
export interface RequestTarget {
  readonly path: string;
  /** As it came, without the question mark. */
  readonly query: string;
}

/**
 * Usually path and query, but HTTP lets a client write the whole URL, as proxies do, and routers overlook a fragment that should
 * not have been sent: what they take for our path has to be our path here.
 */
export function parseTarget(target = ''): RequestTarget {
  const origin = target.startsWith('/') ? target : target.replace(AUTHORITY, '');
  const end = origin.search(/[?#]/);
  if (end === -1) return { path: origin, query: '' };
  // After a question mark a "#" stays what it was sent as: a value is not cut short on a guess.
  return { path: origin.slice(0, end), query: origin[end] === '?' ? origin.slice(end + 1) : '' };
}
