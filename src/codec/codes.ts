/**
 * The codes of the enhanced dialect, one per service function (`docs/wire.md`).
 */
import { assertNever } from '../assert.ts';
import type { WireMessage, WireRequest } from '../wire-types.ts';

/** From 662 on, even codes ask and odd ones answer. */
export const CODE = {
  hello: 660,
  goodbye: 661,
  ping: 662,
  ok: 663,
  findNode: 664,
  peers: 665,
  findValue: 666,
  value: 667,
  store: 668,
  refused: 669,
  leave: 670,
  findVersion: 672,
  version: 673,
  check: 674,
  sum: 675,
  compare: 676,
  tags: 677,
  vote: 678,
  term: 679,
  heartbeat: 680,
  resign: 682,
  announce: 684,
  introduce: 686,
  introduction: 687,
  relay: 688,
} as const;

export function codeOf(message: WireMessage): number {
  switch (message.type) {
    case 'hello':
    case 'goodbye':
      return CODE[message.type];
    case 'request':
      return requestCodeOf(message.body);
    case 'reply':
      return CODE[message.body.type];
    default:
      return assertNever(message);
  }
}

function requestCodeOf(body: WireRequest): number {
  switch (body.type) {
    case 'ping':
    case 'store':
    case 'check':
    case 'compare':
    case 'leave':
    case 'vote':
    case 'heartbeat':
    case 'resign':
    case 'announce':
    case 'introduce':
    case 'relay':
      return CODE[body.type];
    case 'find-node':
      return CODE.findNode;
    case 'find-value':
      return CODE.findValue;
    case 'find-version':
      return CODE.findVersion;
    default:
      return assertNever(body);
  }
}
