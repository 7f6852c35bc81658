import { SettlementModule, type EndpointOptions } from '../../src/index.js';
import { happen } from '../events/happen.js';
import { hostDataSource, startHost } from '../host/host.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { givenEndpoint, MASTER_KEY, verify } from './given-endpoint.js';
import { startReceiver } from './receiver.js';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await db.drop();
});

const imports = (eventEndpoints?: EndpointOptions, roles?: readonly ('worker' | 'relay')[]) => [
  ...(hostDataSource(db.url) ?? []),
  SettlementModule.forRoot({
    queue: { postgres: { url: db.url } },
    eventTransports: ['webhooks'],
    ...(eventEndpoints && { eventEndpoints }),
    ...(roles && { roles }),
  }),
];

test('a host’s relay calls endpoints with the keys and in the networks that it was given', async () => {
  const receiver = await startReceiver();
  const { secret } = await givenEndpoint(db.database, { url: receiver.url });
  await happen(db.database, ['minji']);
  const eventEndpoints = { keys: [MASTER_KEY], networks: ['127.0.0.1/32'] };
  const host = await startHost('express', { imports: imports(eventEndpoints) });
  await untilTold(db);
  const [request] = receiver.received;
  if (request === undefined) throw new Error('nothing arrived');
  expect(verify(secret, request)).toMatchObject({ subject: 'minji' });
  await host.close();
  await receiver.close();
});

test.each([
  ['no keys', undefined, /eventEndpoints/],
  ['an empty list of keys', { keys: [] }, /no signing key/],
  ['a short key', { keys: ['short'] }, /less than 32 characters/],
  ['a network that is none', { keys: [MASTER_KEY], networks: ['localhost'] }, /10\.1\.0\.0\/16/],
])('a host’s relay does not start with %s', async (_, eventEndpoints, message) => {
  await expect(startHost('express', { imports: imports(eventEndpoints) })).rejects.toThrow(message);
});

test('a worker alone needs no keys', async () => {
  const host = await startHost('express', { imports: imports(undefined, ['worker']) });
  await host.close();
});
