/**
 * The process of one real node of a scenario: it boots, waits until it is told to begin, and ends
 * with whoever started it.
 */
import { Member } from './member.ts';
import type { Order, Said } from './orders.ts';

const member = new Member((said: Said) => {
  process.send?.(said, undefined, {}, () => undefined);
});
process.on('message', (order) => {
  member.hear(order as Order);
});
process.on('disconnect', () => process.exit());
// Ctrl-C is for whoever started this; it stops its nodes in good order.
process.on('SIGINT', () => undefined);
process.send?.({ type: 'booted' } satisfies Said);
