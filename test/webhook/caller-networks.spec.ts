import { CallerNetworks, CallerNetworksError } from '../../src/webhook/caller-networks.js';

const LISTED = ['203.0.113.0/24', '198.51.100.7', '2001:db8:1::/48'];

function comingFrom(remoteAddress: string | undefined, forwardedFor?: string) {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return { headers, socket: { remoteAddress } } as Parameters<CallerNetworks['allow']>[0];
}

describe('from where webhooks are taken', () => {
  test('is everywhere, unless networks are named', () => {
    const callers = new CallerNetworks();
    for (const address of ['203.0.113.1', '::1', undefined])
      expect(callers.allow(comingFrom(address))).toBe(true);
  });

  test.each([
    ['203.0.113.1', true],
    ['203.0.114.1', false],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['::ffff:203.0.113.1', true],
    ['::FFFF:198.51.100.8', false],
    ['2001:db8:1::9', true],
    ['2001:db8:2::9', false],
    ['2001:db8:1::9%eth0', false],
    ['', false],
    [undefined, false],
  ])('without a proxy the socket says it: %s', (address, allowed) => {
    const callers = new CallerNetworks(LISTED);
    expect(callers.allow(comingFrom(address))).toBe(allowed);
    // Whoever calls directly can write what they like here.
    expect(callers.allow(comingFrom(address, '203.0.113.1'))).toBe(allowed);
  });

  test.each([
    ['203.0.113.1', true],
    ['6.6.6.6, 203.0.113.1', true],
    ['203.0.113.1, 6.6.6.6', false],
    ['203.0.113.1,', false],
    [' 203.0.113.1 ', true],
    ['203.0.113.1:49152', true],
    ['[2001:db8:1::9]:49152', true],
    ['[2001:db8:1::9]', true],
    ['2001:db8:1::9', true],
    ['::ffff:203.0.113.1', true],
    ['for=203.0.113.1', false],
    ['203.0.113.1 6.6.6.6', false],
    ['0xcb007101', false],
    ['203.0.113.1.', false],
    ['0203.0.113.1', false],
    ['unknown', false],
    ['', false],
    [undefined, false],
  ])('behind one proxy it is whom that proxy names last: %s', (forwardedFor, allowed) => {
    const callers = new CallerNetworks(LISTED, 1);
    expect(callers.allow(comingFrom('10.0.0.1', forwardedFor))).toBe(allowed);
    // The proxy's own address says nothing.
    expect(callers.allow(comingFrom('203.0.113.1', forwardedFor))).toBe(allowed);
  });

  test.each([
    ['203.0.113.1, 10.0.0.2', true],
    ['6.6.6.6, 203.0.113.1, 10.0.0.2', true],
    ['203.0.113.1, 6.6.6.6, 10.0.0.2', false],
    ['203.0.113.1', false],
  ])('behind two proxies it is whom the outer one names: %s', (forwardedFor, allowed) => {
    const callers = new CallerNetworks(LISTED, 2);
    expect(callers.allow(comingFrom('10.0.0.1', forwardedFor))).toBe(allowed);
  });

  test('a network that is mapped into IPv6 is that of IPv4', () => {
    const callers = new CallerNetworks(['::ffff:203.0.113.0/120', '::ffff:198.51.100.7']);
    expect(callers.allow(comingFrom('203.0.113.1'))).toBe(true);
    expect(callers.allow(comingFrom('198.51.100.7'))).toBe(true);
    expect(callers.allow(comingFrom('203.0.114.1'))).toBe(false);
  });

  test('what cannot be read is refused at the start, without a word of it', () => {
    const make = (networks: string[], proxies?: number) => () =>
      new CallerNetworks(networks, proxies);
    expect(make(['S3CRETMARK'])).toThrow(CallerNetworksError);
    expect(make(['S3CRETMARK'])).not.toThrow('S3CRETMARK');
    for (const proxies of [-1, 0.5, 11, NaN])
      expect(make(LISTED, proxies)).toThrow(CallerNetworksError);
  });
});
