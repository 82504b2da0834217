/** Many plain connections at once that ask for nothing, or for a great deal without reading it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Endpoint } from '../../../../runtime/links/address.ts';
import { encodeClient } from '../../../../src/codec/client.ts';
import { inLanes } from './lanes.ts';

export interface CrowdOrder {
  readonly to: Endpoint;
  readonly count: number;
  /** Each asks so often for this key (in hex) and takes no answer. */
  readonly asks?: { readonly key: string; readonly times: number };
}

const sockets: Socket[] = [];

/** @returns how many were connected, if only for a moment */
export async function gather({ to, count, asks }: CrowdOrder): Promise<number> {
  const key = Buffer.from(asks?.key ?? '', 'hex');
  const one = asks === undefined ? Buffer.alloc(0) : encodeClient({ type: 'get', key });
  const burst = Buffer.concat(Array.from({ length: asks?.times ?? 0 }, () => one));
  let connected = 0;
  await inLanes(count, AT_ONCE, async () => {
    const socket = connect({ ...to, noDelay: true });
    socket.on('error', () => undefined);
    if (asks === undefined) socket.resume();
    await new Promise<void>((resolve) => {
      socket.once('connect', () => {
        connected += 1;
        resolve();
      });
      socket.once('close', () => {
        resolve();
      });
    });
    if (burst.length > 0) socket.write(burst);
    sockets.push(socket);
  });
  return connected;
}

/** How many are open still, as far as those that read can tell. */
export async function gathered(): Promise<number> {
  return sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length;
}

export async function disperse(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy();
}

const AT_ONCE = 200;
