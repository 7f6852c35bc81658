import { modulesLoadedBy } from '../support/loaded-modules.js';

/** The package that a file belongs to, or the room in our own code. */
function ownerOf(url: string): string {
  return (
    /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url)?.[1] ??
    /\/(dist\/(?:[a-z-]+\/)?)/.exec(url)?.[1] ??
    url
  );
}

test('the entry for consumers loads no framework, no database and no client of a broker', () => {
  const owners = new Set(modulesLoadedBy('nestjs-kakao-share/consumer').map(ownerOf));
  const expected = [
    'dist/',
    'dist/consumers/',
    'dist/events/',
    '@sinclair/typebox',
    'standardwebhooks',
    '@stablelib/base64',
    'fast-sha256',
  ];
  expect([...owners].sort()).toEqual(expected.sort());
});

test('the main entry is seen to load Nest by the same means, and no library for metrics', () => {
  const owners = modulesLoadedBy('nestjs-kakao-share').map(ownerOf);
  expect(owners).toContain('@nestjs/common');
  expect(owners).not.toContain('prom-client');
});
