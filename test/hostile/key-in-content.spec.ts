import { HostileService } from './hostile-service.js';
import { DOOR, shareForm, shareJson, write, type RawRequest, type Sender } from './raw-request.js';

const RUN_LIMIT_MS = 240_000;
/** What was received is kept to the byte, so it holds what its sender put there; README says so. */
const AS_RECEIVED = [
  'kakao_share.deliveries.body',
  'kakao_share.deliveries.query',
  'kakao_share.deliveries.headers',
  'kakao_share.shares.custom',
];

const WAYS: readonly [string, (sender: Sender) => RawRequest][] = [
  ['a custom parameter', (sender) => ({ body: shareJson(sender, `"x":"${sender.adminKey}"`) })],
  [
    'its query',
    (sender) => ({
      method: 'GET',
      target: `${DOOR}?${shareForm(sender, `&x=${sender.adminKey}`)}`,
    }),
  ],
  [
    'its User-Agent',
    (sender) => ({ headers: { 'User-Agent': sender.adminKey }, body: shareJson(sender) }),
  ],
  ['its Content-Type', (sender) => ({ headers: { 'Content-Type': sender.adminKey }, body: '{}' })],
];

/** Whoever configures a message may copy the key into it. */
describe('a webhook that carries the admin key where it does not belong', () => {
  let hostile: HostileService;

  beforeAll(async () => {
    hostile = await HostileService.start();
  }, RUN_LIMIT_MS);
  afterAll(async () => {
    await hostile.stop();
  });

  test.each(WAYS)('in %s, is taken', async (_, request) => {
    const sender = hostile.newSender();
    const answer = await hostile.send(write(request(sender), sender));
    expect(answer.statuses).toEqual([200]);
    await hostile.untilStored(answer);
  });

  test(
    'leaves the key in what was received alone: in no log, no metric, no list of the management API',
    async () => {
      await hostile.untilSettled();
      const { adminToken } = hostile.newSender();
      for (const target of ['/v1/deliveries', '/v1/events', '/v1/keys', '/v1/unknown-keys']) {
        const headers = { Authorization: `Bearer ${adminToken}` };
        const sender = hostile.newSender();
        const { statuses } = await hostile.send(write({ method: 'GET', target, headers }, sender));
        expect([target, statuses]).toEqual([target, [200]]);
      }
      const places = (await hostile.findSecrets()).map(({ place }) => place);
      expect(places.sort()).toEqual([...AS_RECEIVED].sort());
    },
    RUN_LIMIT_MS,
  );
});
