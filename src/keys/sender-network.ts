import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';

const SHOWN_CHARS = 8;

/**
 * Tells networks apart and names none: the first three parts of an address of IPv4, the first 48 bits of one of IPv6, as a
 * digest. What one party rents by the dozen counts as one.
 */
export function senderNetwork(address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  const network = isIPv6(plain) ? firstGroups(plain, 3) : plain.split('.', 3).join('.');
  return createHash('sha256').update(network).digest('hex').slice(0, SHOWN_CHARS);
}

function firstGroups(address: string, count: number): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // What "::" stands for is zeros; how many do not fit before the tail does not matter to the first ones of a real network.
  const zeros = tail === undefined ? [] : Array<string>(count).fill('0');
  return [...groups, ...zeros].slice(0, count).join(':');
}
