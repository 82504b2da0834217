/**
 * Dialling: one TLS connection to one of several addresses, authenticated, within one deadline.
 *
 * Addresses are tried in their order, the next one when the one before failed; the time that is
 * left is shared among those that are left, so an address that swallows packets cannot use it all
 * up. Names are resolved anew at every try. At most `DIALS_MAX` handshakes are in progress; later
 * dials wait for their turn, and their time begins with it.
 *
 * Invariant: a socket handed on has proved its id; every other one is destroyed here.
 */
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { DIALS_MAX, HANDSHAKE_MS_MAX, KEEP_ALIVE_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { peerIdOf } from '../identity/identity.ts';
import type { ProvenPeer } from '../identity/identity.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import { reasonOf } from '../log.ts';
import type { Endpoint } from './address.ts';

/** @returns nothing when the socket was taken, else why not, and then the next address is tried */
export type Taker = (socket: TLSSocket, peer: ProvenPeer) => string | undefined;

export class Dialer {
  readonly #identity: LiveIdentity;
  readonly #active = new Set<TLSSocket>();
  readonly #turns: (() => void)[] = [];
  #busy = 0;
  #stopped = false;

  constructor(identity: LiveIdentity) {
    this.#identity = identity;
  }

  /**
   * Connects to the first address that leads to a wanted peer; `take` gets the socket in the very
   * turn in which it proved its id, so that no frame is missed. @returns why nothing was taken
   */
  async dial(endpoints: readonly Endpoint[], take: Taker): Promise<string | undefined> {
    if (this.#busy >= DIALS_MAX) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#busy += 1;
    try {
      return await this.#dialInTurn(endpoints, take);
    } finally {
      // The turn is handed on as it is, or given back.
      const next = this.#turns.shift();
      if (next === undefined) this.#busy -= 1;
      else next();
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#active) socket.destroy();
  }

  async #dialInTurn(endpoints: readonly Endpoint[], take: Taker): Promise<string | undefined> {
    const deadlineAt = monotonicMs() + HANDSHAKE_MS_MAX;
    let reason: string | undefined = 'no address to dial';
    for (const [index, endpoint] of endpoints.entries()) {
      const leftMs = deadlineAt - monotonicMs();
      if (this.#stopped || leftMs <= 0) break;
      reason = await this.#tryOne(endpoint, leftMs / (endpoints.length - index), take);
      if (reason === undefined) return undefined;
    }
    return this.#stopped ? 'stopping' : reason;
  }

  #tryOne(endpoint: Endpoint, limitMs: number, take: Taker): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ ...this.#identity.tls, ...endpoint });
      this.#active.add(socket);
      let done = false;
      const end = (reason: string | undefined): void => {
        if (done) return;
        done = true;
        clearTimeout(timer);
        this.#active.delete(socket);
        if (reason !== undefined) socket.destroy();
        resolve(reason);
      };
      // Stays for the life of the socket: without a listener an error would end the process.
      socket.on('error', (error) => {
        end(reasonOf(error));
      });
      socket.on('close', () => {
        end('closed during the handshake');
      });
      const timer = setTimeout(() => {
        end('no handshake in time');
      }, limitMs);
      socket.on('secureConnect', () => {
        if (!done) end(judged(socket, take));
      });
    });
  }
}

function judged(socket: TLSSocket, take: Taker): string | undefined {
  const proof = peerIdOf(socket);
  if (!proof.ok) return proof.reason;
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  return take(socket, proof);
}
