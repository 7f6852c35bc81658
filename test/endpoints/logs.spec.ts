import { serviceEnvironment } from '../support/test-service.js';
import { happen } from '../events/happen.js';
import { ask, BECAUSE, create, ENVIRONMENT, look } from '../operations/event-endpoints.js';
import { eventually } from '../support/eventually.js';
import { killServiceProcesses, startServiceProcess } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { MASTER_KEY } from './given-endpoint.js';
import { answerWith, startReceiver, type Receiver } from './receiver.js';

const IN_URL = 'PRIVATE-TOKEN-4717';
const IN_ANSWER = 'PRIVATE-ANSWER-4718';
const PINO_ERROR = 50;
const USER = 'PRIVATE-USER-4719';

let db: TestDatabase;
let receiver: Receiver;

beforeAll(async () => {
  db = await createTestDatabase();
  receiver = await startReceiver();
});
afterAll(async () => {
  await killServiceProcesses();
  await receiver.close();
  await db.drop();
});

test('logs at their most talkative show no secret, no key, no url, no answer and no user; a pause stands in them as an error', async () => {
  const environment = { ...serviceEnvironment(db), ...ENVIRONMENT, LOG_LEVEL: 'trace' };
  const service = await startServiceProcess(environment);
  receiver.answer = answerWith(500, { 'X-Told': IN_ANSWER });
  const made = await create(service, { url: `${receiver.url}/${IN_URL}?token=${IN_URL}` });
  const { body } = await ask(service, 'POST', `/${made.id}/rotate-secret`, BECAUSE);
  await ask(service, 'POST', '', { url: `https://10.0.0.1/${IN_URL}`, app: 'shop' });
  await happen(db.database, [USER]);
  await eventually(async () => {
    expect((await look(service, made.id)).state).toBe('failing');
  });
  receiver.answer = answerWith(410, { 'X-Told': IN_ANSWER });
  await eventually(async () => {
    expect((await look(service, made.id)).state).toBe('paused');
  });
  const line = await eventually(() => {
    const found = service
      .output()
      .split('\n')
      .find((each) => each.includes(' is paused'));
    if (found === undefined) throw new Error('the pause is not in the log');
    return found;
  });
  expect(JSON.parse(line)).toMatchObject({ level: PINO_ERROR });
  expect(line).toContain(`endpoint:${made.id}`);
  const output = service.output();
  const secrets = [made.secret, body.secret ?? ''].map((secret) => secret.replace('whsec_', ''));
  for (const hidden of [...secrets, MASTER_KEY, IN_URL, IN_ANSWER, USER])
    expect(output).not.toContain(hidden);
});
