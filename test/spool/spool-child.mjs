// Spools deliveries in a process of its own, on the built code, and says which are durable: to be killed and frozen.
import { Buffer } from 'node:buffer';
import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '../../dist/database/new-id.js';
import { Inventory } from '../../dist/spool/inventory.js';
import { OwnFolder } from '../../dist/spool/own-folder.js';
import { SegmentWriter } from '../../dist/spool/segment-writer.js';
import { Spool } from '../../dist/spool/spool.js';

const { directory, name, senders, deliveries, segmentBytes } = JSON.parse(process.argv[2]);
const writer = new SegmentWriter(new OwnFolder(directory, newId()), segmentBytes);
const spool = new Spool(writer, new Inventory(directory, 1024 ** 3));
let count = 0;

/** Who tidies up far more eagerly than in service may take every segment away that is tried: what is not kept comes again. */
function isKept(delivery) {
  return spool.keep(delivery, 60_000).then(
    () => true,
    (error) => {
      if (error.code === 'KAKAO_SHARE_SPOOL_BROKEN') return false;
      throw error;
    },
  );
}

async function send() {
  while (count < deliveries) {
    const resourceId = `${name}-${count++}`;
    const id = newId();
    const delivery = {
      ...{ id, source: 'kakao.share', app: 'default', resourceId, receivedAt: new Date() },
      ...{ keyFingerprint: 'test', userParameter: 'user_id', method: 'POST', headers: {} },
      ...{ query: Buffer.alloc(0), body: Buffer.from('{"user_id":"minji"}'), problems: [] },
    };
    while (!(await isKept(delivery))) await pause(100);
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: senders }, send));
process.stdout.write('done\n');
// The owner lives on until it is told to end: what it leaves behind is what a killed one leaves.
process.stdin.resume();
