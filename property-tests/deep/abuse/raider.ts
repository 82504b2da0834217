/**
 * The program of an attacker's process: carries out the orders that come over its channel, one or
 * several at a time, and answers with what came of them. It ends with the channel.
 */
import { sendBadFrames } from './raids/bad-frames.ts';
import { tryClientCodes, tryPeerCodes } from './raids/codes.ts';
import { disperse, gather, gathered } from './raids/crowd.ts';
import { fateOfLinks, openLinks, sendPart } from './raids/links.ts';
import { floodRequests } from './raids/requests.ts';
import { floodStores } from './raids/stores.ts';
import { trickle } from './raids/trickles.ts';

const raids = {
  sendBadFrames,
  openLinks,
  sendPart,
  fateOfLinks,
  floodStores,
  floodRequests,
  trickle,
  gather,
  gathered,
  disperse,
  tryClientCodes,
  tryPeerCodes,
};

export type Raids = typeof raids;

interface Order {
  readonly number: number;
  readonly raid: keyof Raids;
  readonly order: unknown;
}

process.on('message', (message) => {
  const { number, raid, order } = message as Order;
  const carryOut = raids[raid] as (order: unknown) => Promise<unknown>;
  carryOut(order).then(
    (outcome) => process.send?.({ number, outcome }),
    (error: unknown) => process.send?.({ number, fault: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
