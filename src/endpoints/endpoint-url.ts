import { isIP } from 'node:net';
import type { NetworkPolicy } from './network-policy.js';

/** What proxies and servers take for granted; longer ones are a slip of the hand. */
export const MAX_URL_CHARS = 2_000;

/**
 * Why an endpoint cannot be at this URL, or undefined. Any port may be called: it is the address that decides, and gateways
 * use many. A host that is a name is looked up by `resolveChecked`, and again for every connection.
 */
export function urlFault(text: string, policy: NetworkPolicy): string | undefined {
  if (text.length > MAX_URL_CHARS) return `must have at most ${MAX_URL_CHARS} characters`;
  if (!URL.canParse(text)) return 'must be a URL, https://…';
  const url = new URL(text);
  if (url.href.length > MAX_URL_CHARS) return `must have at most ${MAX_URL_CHARS} characters`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must start with https://';
  if (url.username !== '' || url.password !== '') return 'must hold no user name and no password';
  // Also an empty one, which `hash` does not tell.
  if (url.href.includes('#')) return 'must hold no fragment';
  // URL has read odd spellings by now: 0x7f.1 is 127.0.0.1 here.
  const address = literalAddress(url);
  if (address !== undefined && !policy.allows(address, url.protocol)) return NOT_ALLOWED;
  return undefined;
}

/** In words for the caller, who set the URL. */
export const NOT_ALLOWED =
  'must be https to a public address, or lead into a network of EVENT_ENDPOINT_NETWORKS';

/** The address where the host is one and not a name; nothing is looked up for it. */
export function literalAddress({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}
