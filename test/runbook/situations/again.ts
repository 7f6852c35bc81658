import { Sender } from '../../../src/simulator/send.js';
import { buildShareRequest, withHeader } from '../../../src/simulator/share-request.js';
import { pointsOf } from '../../faults/proof.js';
import { eventually } from '../../support/eventually.js';
import type { ServiceProcess } from '../../support/service-process.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
} from '../../support/test-service.js';
import { Walk } from '../walk.js';
import { deliveryIdIn } from './delivery-id-in.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'Shares are to be decided again';
const HOUR_MS = 60 * 60 * 1_000;

/** One share came without its resource id; others came while somebody had left the kill switch on. */
export const again: PlayedSituation = {
  parts: [TITLE],
  async play(stage) {
    const db = await stage.database();
    const campaignId = await givenCampaign(db);
    const service = await stage.service(serviceEnvironment(db));
    await turnKillSwitch(service, campaignId, true);
    for (const id of ['one', 'two']) await service.share(shareBy(id), id);
    await untilSettled(db);
    await turnKillSwitch(service, campaignId, false);
    const quarantined = await shareWithoutId(service, 'three');
    await untilSettled(db);
    const shell = await stage.operator(service, db, {
      ...{ DELIVERY: quarantined, MENDED: JSON.stringify({ resourceId: 'three', note: 'a case' }) },
      ...{ FROM: at(-HOUR_MS), TO: at(HOUR_MS), AGAIN: 'stopped', REASON: 'left on by mistake' },
    });
    const walk = await Walk.begin(TITLE, shell);

    expect(await walk.step('verdict=$VERDICT')).toContain(quarantined);
    expect(JSON.parse(await walk.step('/received'))).toMatchObject({ method: 'POST' });
    expect(JSON.parse(await walk.step('/corrections'))).toMatchObject({ resourceId: 'three' });
    await walk.step('$DELIVERY/replay');
    await eventually(async () => {
      expect(await pointsOf(db, 'three')).toBe(100);
    }, 90_000);
    expect(JSON.parse(await walk.step('.dryRun = true'))).toMatchObject({
      ...{ deliveries: 2, nextCursor: null },
      credited: [{ campaignId, deliveries: 2, amount: 200 }],
    });
    expect(await pointsOf(db, 'one')).toBe(0);
    await turnKillSwitch(service, campaignId, true);
    expect(JSON.parse(await walk.step('.dryRun = false'))).toMatchObject({ deliveries: 2 });
    await untilSettled(db);
    expect(await pointsOf(db, 'one')).toBe(0);
    await turnKillSwitch(service, campaignId, false);
    // Now the cause is mended: the same block replays them once more.
    expect(JSON.parse(await walk.again())).toMatchObject({ deliveries: 2, repeated: false });
    await untilSettled(db);
    expect(await walk.step('receivedFrom=')).toBe('0');
    walk.end();
    for (const id of ['one', 'two', 'three']) expect(await pointsOf(db, id)).toBe(100);
  },
};

function at(fromNowMs: number): string {
  return new Date(Date.now() + fromNowMs).toISOString();
}

async function turnKillSwitch(
  service: ServiceProcess,
  campaignId: string,
  on: boolean,
): Promise<void> {
  const body = JSON.stringify({ on, reason: 'a test' });
  const path = `/v1/campaigns/${campaignId}/kill-switch`;
  expect((await service.api(path, { method: 'PUT', body })).status).toBe(200);
}

async function shareWithoutId(
  { webhookUrl: url, adminKey }: ServiceProcess,
  userId: string,
): Promise<string> {
  const how = { url, adminKey, resourceId: '', method: 'POST', encoding: 'json' } as const;
  const sender = new Sender();
  try {
    const request = buildShareRequest(shareBy(userId), how);
    const { body } = await sender.send(withHeader(request, 'X-Kakao-Resource-ID', undefined));
    return deliveryIdIn(body);
  } finally {
    sender.close();
  }
}
