const IPV6_GROUPS = 8;
/** A home or a phone has 2^64 addresses of IPv6 to itself: the first four groups name it. */
const NETWORK_GROUPS = 4;

/** What limits per client go by: an address of IPv4, or the network of one of IPv6. */
export function clientNetwork(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const [head = '', tail = ''] = address.toLowerCase().slice(0, 45).split('::');
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array<string>(Math.max(0, IPV6_GROUPS - first.length - last.length)).fill('0');
  return [...first, ...zeros, ...last].slice(0, NETWORK_GROUPS).join(':');
}
