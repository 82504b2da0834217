/**
 * Accepting links: TCP connections that must prove a certified id within the handshake deadline.
 *
 * Sockets wait in a plain TCP server until a place for a handshake is free, so a storm of
 * connections costs memory for a bounded queue and CPU for `HANDSHAKES_MAX` handshakes at a time;
 * one address or subnet gets its share of them only (`admission.ts`).
 *
 * Invariants: every socket has an error listener before anything else; no byte of protocol leaves
 * before the other side proved its id.
 */
import { createServer as createTcpServer } from 'node:net';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { ACCEPTED_LINKS_MAX, HANDSHAKE_MS_MAX, HANDSHAKES_MAX } from '../bounds.ts';
import { HANDSHAKES_WAITING_MAX, KEEP_ALIVE_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { systemCode } from '../failure.ts';
import type { ProvenMember } from '../identity/proof.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import { bindServer, LISTEN_ADDRESS } from '../listening.ts';
import { foreignText, reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import type { Endpoint } from './address.ts';
import { REFUSED } from './admission.ts';
import type { Admission } from './admission.ts';
import { Refusals } from './counts.ts';

export interface Listener {
  readonly address: Endpoint;
  /** Stops accepting and cuts the handshakes in progress; links that are up stay. */
  readonly close: () => Promise<void>;
}

/** How many are let in. */
export interface Doors {
  readonly admission: Admission;
  /** Connections at once. */
  readonly linksMax?: number;
  /** Where those who are not let in are counted. */
  readonly refusals?: Refusals;
}

/** @throws UsageError when the address cannot be listened on */
export async function listenForLinks(
  at: Endpoint,
  identity: LiveIdentity,
  { admission, linksMax = ACCEPTED_LINKS_MAX, refusals = new Refusals() }: Doors,
  log: Log,
  take: (socket: TLSSocket, member: ProvenMember) => void,
): Promise<Listener> {
  const handshakes = new Handshakes(identity, { admission, refusals }, log, take);
  const tcp = createTcpServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  tcp.maxConnections = linksMax;
  tcp.on('connection', (socket) => {
    socket.on('error', (error) => {
      log.debug({ reason: reasonOf(error) }, 'connection failed');
    });
    socket.setNoDelay(true);
    handshakes.add(socket);
  });
  tcp.on('drop', () => {
    refusals.handshake('connections');
    log.warn({ links: linksMax }, 'connection dropped: too many links');
  });
  const address = await bindServer(tcp, at, LISTEN_ADDRESS);
  const close = (): Promise<void> => {
    handshakes.cut();
    return new Promise((resolve) => {
      tcp.close(() => {
        resolve();
      });
    });
  };
  return { address, close };
}

/** TLS on sockets that came in, so many at a time. */
class Handshakes {
  readonly #server: Server;
  /** Those in progress, by the far end of their connection. */
  readonly #active = new Map<string, Socket>();
  readonly #waiting: { readonly socket: Socket; readonly late: NodeJS.Timeout }[] = [];
  /** Addresses of those waiting or in progress, by the far end of their connection. */
  readonly #counted = new Map<string, string>();
  readonly #admission: Admission;
  readonly #refusals: Refusals;
  readonly #log: Log;

  constructor(
    identity: LiveIdentity,
    { admission, refusals }: Required<Pick<Doors, 'admission' | 'refusals'>>,
    log: Log,
    take: (socket: TLSSocket, member: ProvenMember) => void,
  ) {
    this.#admission = admission;
    this.#refusals = refusals;
    this.#log = log;
    this.#server = createTlsServer({ ...identity.tls, handshakeTimeout: HANDSHAKE_MS_MAX });
    identity.onReplaced(() => {
      this.#server.setSecureContext(identity.tls);
    });
    this.#server.on('secureConnection', (socket) => {
      socket.on('error', (error) => {
        log.debug({ reason: reasonOf(error) }, 'link failed');
      });
      this.#over(farEnd(socket));
      const proof = identity.judgeAccepted(socket);
      if (proof.ok) {
        if (this.#hasRoom(socket)) take(socket, proof);
        return;
      }
      refusals.handshake('certificate');
      log.warn({ from: socket.remoteAddress, reason: foreignText(proof.reason) }, 'link refused');
      socket.destroy();
    });
    this.#server.on('tlsClientError', (error, socket) => {
      if (belowOf(socket)?.bytesRead === 0 && systemCode(error) !== TOO_SLOW) {
        // Older nodes, and whoever watches a port, look whether somebody is there.
        log.debug({ from: cameFrom(socket) }, 'closed without a word');
        socket.destroy();
        return;
      }
      // When we refuse a certificate the error is only that the socket closed. The verdict stands
      // beside it: declared as an error, but a server's socket carries the code as text.
      const verdict: unknown = socket.authorizationError;
      const reason = typeof verdict === 'string' ? foreignText(verdict) : reasonOf(error);
      refusals.handshake(isAboutCertificate(verdict, error) ? 'certificate' : 'broken');
      log.warn({ from: cameFrom(socket), reason }, 'handshake failed');
      socket.destroy();
    });
  }

  add(socket: Socket): void {
    const { remoteAddress: from = '' } = socket;
    const reason = this.#admission.begin(from, monotonicMs());
    if (reason !== undefined) {
      this.#refusals.handshake(reason);
      this.#log.warn({ from, reason: REFUSED[reason] }, 'connection refused');
      socket.destroy();
      return;
    }
    const far = farEnd(socket);
    this.#counted.set(far, from);
    socket.once('close', () => {
      this.#uncount(far);
    });
    if (this.#active.size < HANDSHAKES_MAX) this.#begin(socket);
    else if (this.#waiting.length < HANDSHAKES_WAITING_MAX) this.#wait(socket);
    else {
      this.#refusals.handshake('queue');
      socket.destroy();
    }
  }

  /** Its turn must come in the time of a handshake: whoever waits longer holds a place in vain. */
  #wait(socket: Socket): void {
    const late = setTimeout(() => {
      this.#refusals.handshake('queue');
      this.#log.warn({ from: socket.remoteAddress }, 'connection dropped: too many handshakes');
      socket.destroy();
    }, HANDSHAKE_MS_MAX);
    socket.once('close', () => {
      clearTimeout(late);
      const at = this.#waiting.findIndex((one) => one.socket === socket);
      if (at >= 0) this.#waiting.splice(at, 1);
    });
    this.#waiting.push({ socket, late });
  }

  cut(): void {
    const waiting = this.#waiting.splice(0).map(({ socket }) => socket);
    for (const socket of [...waiting, ...this.#active.values()]) socket.destroy();
  }

  #uncount(far: string): void {
    const from = this.#counted.get(far);
    if (from === undefined) return;
    this.#counted.delete(far);
    this.#admission.handshakeOver(from);
  }

  /** Whether the subnet of a peer that proved its id may have one link more. */
  #hasRoom(socket: TLSSocket): boolean {
    const { remoteAddress: from = '' } = socket;
    if (this.#admission.linkUp(from)) {
      socket.once('close', () => {
        this.#admission.linkDown(from);
      });
      return true;
    }
    this.#refusals.handshake('subnet-links');
    this.#log.warn({ from }, 'link refused: too many from this subnet');
    socket.destroy();
    return false;
  }

  #begin(socket: Socket): void {
    if (socket.destroyed) {
      this.#beginNext();
      return;
    }
    const far = farEnd(socket);
    this.#active.set(far, socket);
    socket.once('close', () => {
      if (this.#active.get(far) === socket) this.#over(far);
    });
    this.#server.emit('connection', socket);
  }

  /** A handshake is over, however it went. */
  #over(far: string): void {
    this.#uncount(far);
    if (this.#active.delete(far)) this.#beginNext();
  }

  #beginNext(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    clearTimeout(next.late);
    this.#begin(next.socket);
  }
}

/** Who shows no certificate at all is told so by TLS itself, without a verdict. */
function isAboutCertificate(verdict: unknown, error: Error): boolean {
  return typeof verdict === 'string' || systemCode(error) === NO_CERTIFICATE;
}

const NO_CERTIFICATE = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';

/** Whoever holds a place in silence is no passer-by. */
const TOO_SLOW = 'ERR_TLS_HANDSHAKE_TIMEOUT';

/** Where a connection came from, also when it is gone: the plain socket below remembers it. */
function cameFrom(socket: TLSSocket): string | undefined {
  return socket.remoteAddress ?? belowOf(socket)?.remoteAddress;
}

function belowOf(socket: TLSSocket): Socket | undefined {
  return (socket as TLSSocket & { readonly _parent?: Socket })._parent;
}

/** Names a connection while it is open: no two have the same far end and near address. */
function farEnd(socket: Socket): string {
  return `${socket.localAddress ?? ''} ${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}
