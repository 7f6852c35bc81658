import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { boundLookups, shareLookups, type Resolve } from './bounded-lookups.js';
import { AddressRefusedError } from './endpoint-errors.js';
import type { NetworkPolicy } from './network-policy.js';

/** Of the four threads of libuv: the others stay for look-ups of the database's and Redis' names, and for files. */
const LOOKUPS_AT_A_TIME = 2;
/** Below what an attempt has, so that it ends knowing why. */
const TURN_LIMIT_MS = 5_000;

/**
 * As the operating system resolves, with its hosts file and search domains. Each look-up takes one of few threads of the
 * process, and a name whose server is silent keeps it for many seconds: hence one for each name and few at a time, for all
 * endpoints together.
 */
export const resolveBySystem: Resolve = shareLookups(
  boundLookups((hostname) => lookup(hostname, { all: true }), LOOKUPS_AT_A_TIME, TURN_LIMIT_MS),
);

/** The addresses of a name. @throws {AddressRefusedError} when one of them may not be called: nobody mixes them in good faith */
export async function resolveChecked(
  { hostname, protocol }: URL,
  policy: NetworkPolicy,
  resolve: Resolve,
): Promise<readonly LookupAddress[]> {
  const addresses = await resolve(hostname);
  if (!addresses.every(({ address }) => policy.allows(address, protocol)))
    throw new AddressRefusedError();
  return addresses;
}

/**
 * Resolves for a connection, which then goes to one of the addresses that were checked: a second lookup could be answered
 * differently.
 */
export function checkedLookup(url: URL, policy: NetworkPolicy, resolve: Resolve): LookupFunction {
  return (_hostname, { all, family }, callback) => {
    resolveChecked(url, policy, resolve).then(
      (addresses) => {
        const usable = addresses.filter((each) => !isOtherFamily(each, family));
        const [first] = usable;
        if (first === undefined) callback(new Error(`${url.hostname} has no address`), '');
        else if (all === true) callback(null, usable);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, '');
      },
    );
  };
}

function isOtherFamily({ family }: LookupAddress, wanted: number | string | undefined): boolean {
  if (wanted === 4 || wanted === 'IPv4') return family !== 4;
  return (wanted === 6 || wanted === 'IPv6') && family !== 6;
}
