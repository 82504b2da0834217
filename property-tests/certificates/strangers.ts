/**
 * Strangers: whoever wants a link with our node, as a client or as a server, over real sockets and
 * by three stacks: that of Node (which checks nothing here), `bare-tls.ts`, and bytes without TLS.
 *
 * Rule: a stranger sends its hello and a request as soon as its stack lets it, and counts what data
 * it hears, so a frame that passes too early is seen on either side.
 */
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { Endpoint } from '../../runtime/links/address.ts';
import { ownHello } from '../../runtime/links/greeting.ts';
import { bindServer } from '../../runtime/listening.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { talkAsClient, talkAsServer } from './bare-tls.ts';
import type { BareOptions, Proof } from './bare-tls.ts';
import type { Material } from './identity-kit.ts';

/** What became of the connections of a stranger. */
export interface Visit {
  /** Bytes of data that came after a handshake. */
  readonly heard: () => number;
  /** Connections begun and still open. */
  readonly begun: () => number;
  readonly open: () => number;
  /** Hangs up. */
  readonly end: () => void;
}

export interface Stranger {
  readonly dial: (t: ExecutionContext, to: Endpoint) => Visit;
  readonly serve: (t: ExecutionContext, host: string) => Promise<Served>;
}

export interface Served extends Visit {
  readonly listen: Endpoint;
}

/** A hello and a PING: with them a link is up, and the core has an input. */
export const FRAMES = Buffer.concat([
  encodePeer(ownHello([])),
  encodePeer({ type: 'request', call: 7, body: { type: 'ping' } }),
]);

export type StackOptions = TlsOptions & ConnectionOptions;

/** @param onSession gets the sessions that a client is given; options are asked for each visit */
export function stackStranger(
  options: () => StackOptions,
  onSession: (session: Buffer) => void = () => undefined,
): Stranger {
  return {
    dial: (t, to) => {
      const { visit, watch, hear } = newVisit(t);
      const socket = connect({ ...options(), ...to });
      watch(socket);
      socket.on('session', onSession);
      socket.on('secureConnect', () => socket.write(FRAMES));
      socket.on('data', hear);
      return visit;
    },
    serve: async (t, host) => {
      const { visit, watch, hear } = newVisit(t);
      const server = createServer(options());
      server.on('connection', watch);
      server.on('tlsClientError', () => undefined);
      server.on('secureConnection', (socket: TLSSocket) => {
        socket.on('error', () => undefined);
        socket.on('data', hear);
        socket.write(FRAMES);
      });
      return { ...visit, listen: await listenAt(t, server, host) };
    },
  };
}

export function bareStranger(options: () => BareOptions): Stranger {
  return socketStranger((socket, as, hear) => {
    const talk = as === 'client' ? talkAsClient : talkAsServer;
    void talk(socket, options(), hear);
  });
}

/** A stranger on a bare TCP connection; `act` begins with it open. */
export function socketStranger(
  act: (socket: Socket, as: 'client' | 'server', hear: (bytes: number) => void) => void,
): Stranger {
  return {
    dial: (t, to) => {
      const { visit, watch, hear } = newVisit(t);
      const socket = connectTcp(to);
      watch(socket);
      socket.once('connect', () => {
        act(socket, 'client', hear);
      });
      return visit;
    },
    serve: async (t, host) => {
      const { visit, watch, hear } = newVisit(t);
      const server = createTcpServer((socket) => {
        watch(socket);
        act(socket, 'server', hear);
      });
      return { ...visit, listen: await listenAt(t, server, host) };
    },
  };
}

/** What `bareStranger` needs to do all right with this certificate; further ones follow it. */
export function bareWith(material: Material, ...further: readonly string[]): BareOptions {
  const chain = [material.cert, ...further].map((pem) => new X509Certificate(pem).raw);
  return { chain, prove: provesWith(material.key), alpn: 'orrery/1', data: FRAMES };
}

/** Signs as the kind of key wants it. */
function provesWith(keyPem: string): (content: Buffer) => Proof {
  const key = createPrivateKey(keyPem);
  if (key.asymmetricKeyType === 'rsa') {
    return (content) => ({ scheme: 0x0804, signature: sign('sha256', content, { key, ...PSS }) });
  }
  return (content) => ({ scheme: 0x0807, signature: sign(null, content, key) });
}

function newVisit(t: ExecutionContext): {
  readonly visit: Visit;
  readonly watch: (socket: Socket) => void;
  readonly hear: (data: Buffer | number) => void;
} {
  let [heard, begun] = [0, 0];
  const open = new Set<Socket>();
  const watch = (socket: Socket): void => {
    begun += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const end = (): void => {
    for (const socket of open) socket.destroy();
  };
  t.teardown(end);
  return {
    visit: { heard: () => heard, begun: () => begun, open: () => open.size, end },
    watch,
    hear: (data) => (heard += typeof data === 'number' ? data : data.length),
  };
}

async function listenAt(t: ExecutionContext, server: Server, host: string): Promise<Endpoint> {
  t.teardown(() => server.close());
  return await bindServer(server, { host, port: 0 }, 'the stranger');
}

const PSS = { padding: 6, saltLength: 32 };
