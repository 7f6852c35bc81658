import type { TObject } from '@sinclair/typebox';
import { readdirSync, readFileSync } from 'node:fs';
import { CATALOGUE } from '../../src/events/catalogue/catalogue.js';
import { EVENT_TRANSPORT_NAMES } from '../../src/transports/open-transport.js';
import { routesBelow, routesNamed } from './routes.js';
import { codeIn, rowsOf } from './tables.js';

const TYPE = /^(kakao|reward|points|campaign|event-endpoint|alarm)\.[a-z.-]+$/;
const ENDPOINT_DOCUMENTS = ['docs/event-endpoints.md', 'docs/event-endpoints.ko.md'];

describe.each(['docs/events.md', 'docs/events.ko.md'])('%s', (file) => {
  test('tells every type of event with its fields, and no other', () => {
    const told = rowsOf(file)
      .filter(({ first: [type = ''] }) => TYPE.test(type))
      .map(({ first: [type], last: fields }) => ({ type, fields }));
    const defined = CATALOGUE.map(({ type, data }) => ({ type, fields: fieldsOf(data) }));
    expect(told).toEqual(defined);
  });

  test('has a part for each transport, and for no other', () => {
    const parts = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('### `'))
      .flatMap((line) => codeIn(line).slice(0, 1));
    expect(parts.sort()).toEqual([...EVENT_TRANSPORT_NAMES].sort());
  });

  test('shows how to run every example', () => {
    const examples = readdirSync('examples').filter((name) => name !== 'wallet.mjs');
    const shown = rowsOf(file).flatMap(({ first, last }) =>
      first.filter((name) => last.some((command) => command.endsWith(`node examples/${name}`))),
    );
    expect(shown.sort()).toEqual(examples.sort());
  });

  test.each(['/v1/destinations', '/v1/events'])('names every route below %s', async (path) => {
    expect(routesNamed(file, path)).toEqual(await routesBelow(path));
  });
});

test.each(ENDPOINT_DOCUMENTS)('%s names every route of event endpoints', async (file) => {
  const path = '/v1/event-endpoints';
  expect(routesNamed(file, path)).toEqual(await routesBelow(path));
});

/** As documents write them: what can be absent with a question mark. */
function fieldsOf({ properties, required }: TObject): string[] {
  return Object.keys(properties).map((name) =>
    required?.includes(name) === true ? name : `${name}?`,
  );
}
