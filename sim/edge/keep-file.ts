/**
 * Files of results. A file is written beside its place and put there when it is on disk: whoever
 * looks finds the old bytes or the new ones, also after a stop or a power cut in between.
 */

import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/** @throws the system's error when it cannot be written: what was there is there still */
export async function keepFile(path: string, data: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeFile(unfinished, data, { flush: true });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}
