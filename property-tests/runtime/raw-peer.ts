// A certified peer whose frames a test writes itself: for everything that a good node never sends.
import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { Identity } from '../../runtime/identity/identity.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import type { Endpoint } from '../../runtime/links/address.ts';
import { createReader } from '../../runtime/stream.ts';
import { bindServer } from '../../runtime/listening.ts';
import { decodePeer } from '../../src/codec/peer.ts';
import type { WireMessage } from '../../src/wire-types.ts';
import { ANY_PORT, identityAt } from './node-kit.ts';
import type { Site } from './node-kit.ts';

export interface RawPeer {
  readonly identity: Identity;
  readonly socket: TLSSocket;
  readonly heard: readonly WireMessage[];
  readonly ended: () => boolean;
}

/** Connects and proves its id; `onMessage` sees each message as it comes. */
export async function rawPeer(
  t: ExecutionContext,
  site: Site,
  to: Endpoint,
  onMessage?: (message: WireMessage) => void,
  given?: Identity,
): Promise<RawPeer> {
  return await rawPeerAs(t, given ?? (await identityAt(site, `raw${randomUUID()}`)), to, onMessage);
}

export async function rawPeerAs(
  t: ExecutionContext,
  identity: Identity,
  to: Endpoint,
  onMessage?: (message: WireMessage) => void,
): Promise<RawPeer> {
  const socket = connect({ ...new LiveIdentity(identity).dialTls, ...to });
  const raw = listenTo(t, identity, socket, onMessage);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return raw;
}

/** Waits for one connection to this identity. */
export async function rawServer(
  t: ExecutionContext,
  identity: Identity,
  at: Endpoint = ANY_PORT,
): Promise<{ readonly listen: Endpoint; readonly accepted: Promise<RawPeer> }> {
  const server = createServer(new LiveIdentity(identity).tls);
  t.teardown(() => server.close());
  const accepted = new Promise<RawPeer>((resolve) => {
    server.once('secureConnection', (socket) => {
      resolve(listenTo(t, identity, socket));
    });
  });
  return { listen: await bindServer(server, at, 'the raw server'), accepted };
}

function listenTo(
  t: ExecutionContext,
  identity: Identity,
  socket: TLSSocket,
  onMessage: (message: WireMessage) => void = () => undefined,
): RawPeer {
  const heard: WireMessage[] = [];
  const reader = createReader(decodePeer);
  let ended = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    for (let next = reader.next(); next?.type === 'message'; next = reader.next()) {
      heard.push(next.message);
      onMessage(next.message);
    }
  });
  t.teardown(() => {
    socket.destroy();
  });
  return { identity, socket, heard, ended: () => ended };
}
