import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pointsOf } from '../../faults/proof.js';
import { eventually } from '../../support/eventually.js';
import { givenCampaign, serviceEnvironment, untilSettled } from '../../support/test-service.js';
import { Walk } from '../walk.js';
import { newAdminKey, statusWith } from './admin-key.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'Webhooks come with an unknown key';

/** Kakao presents its new primary key before anybody has put it in force. */
export const unknownKey: PlayedSituation = {
  parts: [TITLE],
  async play(stage) {
    const db = await stage.database();
    await givenCampaign(db);
    const folder = await stage.folder();
    const [oldKey, newKey] = [newAdminKey(), newAdminKey()];
    const keyFile = path.join(folder, 'keys');
    const newKeyFile = path.join(folder, 'new-key');
    await writeFile(keyFile, oldKey);
    await writeFile(newKeyFile, `${newKey}\n`);
    const service = await stage.service({
      ...serviceEnvironment(db),
      ...{ KAKAO_ADMIN_KEYS: '', KAKAO_ADMIN_KEYS_FILE: keyFile, LOG_LEVEL: 'info' },
    });
    const fingerprint = createHash('sha256').update(newKey).digest('hex').slice(0, 8);
    const known = { NEW_KEY_FILE: newKeyFile, FINGERPRINT: fingerprint };
    const walk = await Walk.begin(TITLE, await stage.operator(service, db, known));

    expect(await statusWith(service, newKey, 'too early')).toBe(401);
    await eventually(async () => {
      expect(await db.number('SELECT count(*) FROM kakao_share.unknown_key_requests')).toBe(1);
    });
    expect(await walk.step('/v1/unknown-keys |')).toMatch(new RegExp(`^${fingerprint}\\t1\\t1\\t`));
    expect(await walk.step('sha256sum')).toBe(fingerprint);
    await writeFile(keyFile, `${oldKey},${newKey}`);
    // Not found out by trying: what came too early once more would be replayed as well.
    await eventually(() => {
      expect(service.output()).toContain('Kakao admin keys changed, by fingerprint: default +');
    });
    expect(await statusWith(service, newKey, 'in time')).toBe(200);
    expect(JSON.parse(await walk.step('/replay'))).toMatchObject({ accepted: 1, duplicate: 0 });
    expect(JSON.parse(await walk.again())).toMatchObject({ accepted: 0, duplicate: 1 });
    walk.end();
    await untilSettled(db);
    // One room a day pays once: of the two shares either, but one of them.
    expect(await pointsOf(db, 'minji')).toBe(100);
  },
};
