import { Inventory } from './inventory.js';

/** One line for each folder and file, and a last one for all. */
export async function listSpool(directory: string, say: (line: string) => void): Promise<void> {
  const inventory = new Inventory(directory, 0);
  await inventory.look();
  for (const folder of inventory.folders) {
    const alive =
      folder.aliveAtMs === undefined ? 'left' : new Date(folder.aliveAtMs).toISOString();
    say(`${folder.path} owner last heard of: ${alive}`);
    if (folder.fault !== undefined) say(`  cannot be read: ${folder.fault}`);
    for (const segment of folder.segments) {
      const { countedFrames, countedBytes, tail, fault } = inventory.progressOf(folder, segment);
      const behind = tail === 'end' ? '' : ` ${tail}Bytes=${segment.bytes - countedBytes}`;
      const why = fault === undefined ? '' : ` cannot be read: ${fault}`;
      say(`  ${segment.name} bytes=${segment.bytes} deliveries=${countedFrames}${behind}${why}`);
    }
    for (const { name, bytes } of [...folder.refused, ...folder.damaged]) {
      say(`  ${name} bytes=${bytes}`);
    }
  }
  const { bytes, refused, damaged, newer, unreadable } = inventory;
  const { frames, oldestReceivedAt } = inventory.waitingIn(() => true);
  const oldest = oldestReceivedAt?.toISOString() ?? 'none';
  say(
    `folders=${inventory.folders.length} deliveries=${frames} bytes=${bytes} refused=${refused} damaged=${damaged} oldest=${oldest} unreadable=${unreadable.length} newer=${newer.length}`,
  );
}
