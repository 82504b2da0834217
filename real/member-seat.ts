/**
 * What runs in the process or thread of one real node of a scenario: it boots, waits until it is
 * told to begin, and ends with whoever started it.
 */
import { parentPort } from 'node:worker_threads';
import { Member } from './member.ts';
import type { Order, Said } from './orders.ts';

const say = (said: Said): void => {
  if (parentPort === null) process.send?.(said, undefined, {}, () => undefined);
  else parentPort.postMessage(said);
};
const member = new Member(say);
const hear = (order: unknown): void => {
  member.hear(order as Order);
};
if (parentPort === null) {
  process.on('message', hear);
  process.on('disconnect', () => process.exit());
  // Ctrl-C is for whoever started this; it stops its nodes in good order.
  process.on('SIGINT', () => undefined);
} else {
  parentPort.on('message', hear);
}
say({ type: 'booted' });
