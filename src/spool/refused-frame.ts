import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Delivery } from '../deliveries/delivery.js';
import { decodePayload, encodeFrame, readFrame } from './frame.js';
import { flushFolder } from './own-folder.js';

const FILE_MODE = 0o600;

/**
 * Puts a frame that the database refuses even alone beside the segments, in a file of its own, flushed. Under the delivery's id, so
 * that whoever does it once more does nothing.
 */
export async function setFrameAside(folderPath: string, delivery: Delivery): Promise<void> {
  const target = path.join(folderPath, `${delivery.id}.refused`);
  const file = await open(`${target}.new`, 'w', FILE_MODE);
  try {
    // Not write(): a disk that is nearly full takes a part, and says nothing.
    await file.writeFile(encodeFrame(delivery));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${target}.new`, target);
  await flushFolder(folderPath);
}

/** Undefined when it is damaged, or of a later version. */
export async function readRefused(filePath: string): Promise<Delivery | undefined> {
  const reading = readFrame(await readFile(filePath), 0);
  return reading.kind === 'frame' ? decodePayload(reading.payload) : undefined;
}
