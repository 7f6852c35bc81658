import { EndpointNetworksError } from '../../src/endpoints/endpoint-errors.js';
import { urlFault } from '../../src/endpoints/endpoint-url.js';
import { NetworkPolicy } from '../../src/endpoints/network-policy.js';

const strict = new NetworkPolicy([]);
const ofDevelopment = new NetworkPolicy(['127.0.0.0/8', '::1/128']);

describe('a URL that leads where calls may not go is refused, however it is spelled', () => {
  test.each([
    // This machine
    'https://127.0.0.1/',
    'https://127.1/',
    'https://127.255.255.254/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://017700000001/',
    'https://0177.0.0.01/',
    'https://127.0.0.1./',
    'https://%31%32%37.0.0.1/',
    'https://①②⑦.⓪.⓪.①/',
    'https:\\\\127.0.0.1/',
    'https:127.0.0.1',
    'https:///127.0.0.1/',
    'ht\ntps://127.0.0.1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:0:127.0.0.1]/',
    'https://0/',
    'https://0.0.0.0/',
    'https://[::]/',
    // Private networks
    'https://10.0.0.1/',
    'https://10.1/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://3232235777/',
    'https://100.64.0.1/',
    'https://[fc00::1]/',
    'https://[fd12:3456:789a::1]/',
    'https://[fec0::1]/',
    // Metadata of clouds
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://[::ffff:169.254.169.254]/',
    'https://[fe80::a9fe:a9fe]/',
    'https://[fd00:ec2::254]/',
    'https://100.100.100.200/',
    'https://192.0.0.192/',
    'https://168.63.129.16/',
    // IPv4 inside IPv6
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:a00:1::]/',
    'https://[::ffff:8.8.8.8]/',
    // Nobody's
    'https://192.0.2.1/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://198.18.0.1/',
    'https://198.19.255.255/',
    'https://224.0.0.1/',
    'https://239.255.255.255/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
    'https://[3fff::1]/',
    'https://[100::1]/',
    // No address at all
    'https://[fe80::1%25eth0]/',
    'https://256.0.0.1/',
    'https://1.2.3.4.5/',
    'https://',
    '//127.0.0.1/',
    '/hook',
    '',
    // Other protocols, and TLS left out
    'http://8.8.8.8/',
    'http://127.0.0.1/',
    'ftp://8.8.8.8/',
    'file:///etc/passwd',
    'gopher://8.8.8.8/',
    'data:application/json,{}',
    'javascript:alert(1)',
    'unix:/var/run/docker.sock',
    'ws://8.8.8.8/',
    // What must not stand in a URL
    'https://user:password@hooks.example/',
    'https://user@hooks.example/',
    'https://8.8.8.8@127.0.0.1/',
    'https://hooks.example/#fragment',
    'https://hooks.example/#',
    `https://hooks.example/${'a'.repeat(2_000)}`,
  ])('%j', (url) => {
    expect(urlFault(url, strict)).toMatch(/^must /);
  });
});

test.each([
  'https://hooks.example/',
  'https://hooks.example:8443/kakao?token=a%23b',
  'https://8.8.8.8/',
  'https://172.15.255.255/',
  'https://172.32.0.1/',
  'https://100.128.0.1/',
  'https://[2606:4700::1111]/',
  'https://[2a00:1450::1]:444/x',
])('a public URL may be called: %s', (url) => {
  expect(urlFault(url, strict)).toBeUndefined();
});

describe('a network that the operator names', () => {
  test.each([
    'http://127.0.0.1:3000/',
    'https://127.8.8.8/',
    'http://[::1]:3000/',
    'http://2130706433/',
  ])('may be called, without TLS too: %s', (url) => {
    expect(urlFault(url, ofDevelopment)).toBeUndefined();
  });

  test.each(['http://10.0.0.1/', 'https://10.0.0.1/', 'http://8.8.8.8/', 'https://[::2]/'])(
    'opens no other: %s',
    (url) => {
      expect(urlFault(url, ofDevelopment)).toMatch(/^must /);
    },
  );

  test('an address of one is not mistaken for a text', () => {
    for (const address of ['fe80::1%eth0', '127.0.0.1%lo', 'localhost', '', '127.0.0.1 '])
      expect(ofDevelopment.allows(address, 'https:')).toBe(false);
  });

  test.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '::1/129',
    'localhost/8',
    '10.0.0.0/-1',
    '10.0/8',
    '',
    '/8',
  ])('is an address and a length: not %j', (network) => {
    expect(() => new NetworkPolicy([network])).toThrow(EndpointNetworksError);
  });
});
