import { within } from '../lifecycle/within.js';
import { resolveBySystem, resolveChecked } from './checked-lookup.js';
import { AddressRefusedError, EndpointRefusedError } from './endpoint-errors.js';
import { literalAddress, NOT_ALLOWED, urlFault } from './endpoint-url.js';
import type { NetworkPolicy } from './network-policy.js';

/** A person waits for the answer; a name that takes longer would hold up every delivery too. */
const LOOKUP_LIMIT_MS = 5_000;

/**
 * The URL in its plain form, if an endpoint may be there today; every call looks again.
 * @throws {EndpointRefusedError} when it may not, or its name leads nowhere
 */
export async function acceptUrl(
  text: string,
  policy: NetworkPolicy,
  resolve = resolveBySystem,
): Promise<string> {
  const fault = urlFault(text, policy);
  if (fault !== undefined) throw new EndpointRefusedError([`url: ${fault}`]);
  const url = new URL(text);
  if (literalAddress(url) !== undefined) return url.href;
  try {
    await within(LOOKUP_LIMIT_MS, 'looking up a host', resolveChecked(url, policy, resolve));
  } catch (error) {
    const why = error instanceof AddressRefusedError ? NOT_ALLOWED : 'its host cannot be looked up';
    throw new EndpointRefusedError([`url: ${why}`]);
  }
  return url.href;
}
