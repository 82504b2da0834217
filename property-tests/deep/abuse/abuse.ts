/**
 * Attacks on real nodes, one after another: the list of them, and how each is run to its findings.
 */
import { apiFlood, idleClients } from './api-flood.ts';
import type { Attack, Scale } from './attack.ts';
import { codes } from './codes.ts';
import { descriptors } from './descriptors.ts';
import { Findings } from './findings.ts';
import { fullDisk } from './full-disk.ts';
import { halfFrames } from './half-frames.ts';
import { hostilePeer, storeFlood } from './hostile-peer.ts';
import { idleLinks } from './idle-links.ts';
import { slowReaders, slowSenders } from './slow-readers.ts';
import { endingAll } from './started.ts';

export const ATTACKS: readonly Attack[] = [
  hostilePeer,
  storeFlood,
  halfFrames,
  idleLinks,
  slowSenders,
  slowReaders,
  apiFlood,
  idleClients,
  descriptors,
  fullDisk,
  codes,
];

/**
 * What broke the attack off is a fault of it.
 *
 * @throws the reason of the signal, when that ends the run
 */
export async function attackNode(
  attack: Attack,
  scale: Scale,
  signal: AbortSignal,
): Promise<Findings> {
  const findings = new Findings();
  const begun = performance.now();
  try {
    await endingAll(() => Promise.race([attack.run(scale, findings), cutShort(signal)]));
  } catch (error) {
    if (signal.aborted) throw error;
    findings.holds(
      `broken off: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
      false,
    );
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  findings.line('over', `after ${seconds} s, ${findings.faults.length} faults`);
  return findings;
}

function cutShort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
