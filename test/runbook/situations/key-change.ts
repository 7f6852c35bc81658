import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../support/eventually.js';
import { serviceEnvironment } from '../../support/test-service.js';
import { newAdminKey, statusWith } from './admin-key.js';
import { Walk } from '../walk.js';
import type { PlayedSituation } from './situation.js';

const TITLE = 'An admin key is changed';

/** The primary admin key is changed at Kakao. */
export const keyChange: PlayedSituation = {
  parts: [TITLE],
  async play(stage) {
    const db = await stage.database();
    const folder = await stage.folder();
    const [oldKey, newKey] = [newAdminKey(), newAdminKey()];
    const keys = { file: path.join(folder, 'keys'), newKeyFile: path.join(folder, 'new-key') };
    await writeFile(keys.file, `${oldKey}\n`);
    await writeFile(keys.newKeyFile, `${newKey}\n`);
    const service = await stage.service({
      ...serviceEnvironment(db),
      ...{ KAKAO_ADMIN_KEYS: '', KAKAO_ADMIN_KEYS_FILE: keys.file },
      ...{ ROLES: 'web', LOG_LEVEL: 'info' },
    });
    const shell = await stage.operator(service, db, {
      ...{ KAKAO_ADMIN_KEYS_FILE: keys.file, NEW_KEY_FILE: keys.newKeyFile },
    });
    const walk = await Walk.begin(TITLE, shell);

    expect(await statusWith(service, oldKey, 'before')).toBe(200);
    await eventually(async () => {
      expect(await db.number('SELECT count(*) FROM kakao_share.key_uses')).toBe(1);
    });
    expect(await walk.step('/v1/keys')).toMatch(/^default\t[0-9a-f]{8}\ttrue\t\d{4}-/);
    await walk.step("'%s,%s\\n'");
    await eventually(() => {
      expect(service.output()).toContain('Kakao admin keys changed, by fingerprint: default +');
    });
    expect(await statusWith(service, newKey, 'new primary')).toBe(200);
    expect(await statusWith(service, oldKey, 'old primary still')).toBe(200);
    await walk.step('cat "$NEW_KEY_FILE" >');
    await eventually(async () => {
      expect(await statusWith(service, oldKey, 'too late')).toBe(401);
    });
    expect(await statusWith(service, newKey, 'after')).toBe(200);
    walk.end();
  },
};
