/**
 * The older dialect of a node (docs/classic.md): calls to nodes that speak it, their visits, and
 * who came in at all, in a network in which ids are addresses. `links/` asks here first.
 *
 * Which dialect a peer speaks is seen at each dial: ours offers the newer one (ALPN), and an older
 * node passes over that. So a node that was replaced by a newer one is met as such.
 */
import type { TLSSocket } from 'node:tls';
import type { CallId, Peer } from '../../src/types.ts';
import { ALPN } from '../identity/proof.ts';
import type { ProvenMember, ProvenPeer } from '../identity/proof.ts';
import type { Log } from '../log.ts';
import { farewell } from '../links/link.ts';
import type { OtherDialect } from '../links/ports.ts';
import { ClassicCalls } from './calls.ts';
import type { CallsParts } from './calls.ts';
import { awaitClaim } from './claim.ts';
import { ClassicVisits } from './visits.ts';
import type { VisitsParts } from './visits.ts';

export class Classic implements OtherDialect {
  readonly #calls: ClassicCalls;
  readonly #visits: ClassicVisits;
  /** Those whose hello is awaited. */
  readonly #claims = new Set<TLSSocket>();
  readonly #log: Log;

  constructor(parts: CallsParts & VisitsParts) {
    this.#calls = new ClassicCalls(parts);
    this.#visits = new ClassicVisits(parts);
    this.#log = parts.log;
  }

  /** How many are known. */
  get olderNodes(): number {
    return this.#calls.count;
  }

  /** @param take is given one that speaks the newer dialect, with the id that it claims */
  accept(
    socket: TLSSocket,
    member: ProvenMember,
    take: (socket: TLSSocket, proven: ProvenPeer) => void,
  ): void {
    if (socket.alpnProtocol !== ALPN) {
      this.#visits.accept(socket, member.serial);
      return;
    }
    this.#claims.add(socket);
    awaitClaim(socket, (nodeId) => {
      this.#claims.delete(socket);
      if (nodeId !== undefined) {
        take(socket, { ...member, nodeId });
        return;
      }
      // A dial that lost a race says goodbye and nothing else.
      this.#log.debug({ from: socket.remoteAddress }, 'no hello with an address');
      if (!socket.destroyed) farewell(socket, 'identity');
    });
  }

  greet(socket: TLSSocket, peer: Peer): Promise<string | undefined> {
    return this.#calls.greet(socket, peer);
  }

  request(to: Peer, call: CallId, frame: Uint8Array): boolean {
    return this.#calls.request(to, call, frame);
  }

  reply(to: Peer, call: CallId, frame: Uint8Array): boolean {
    return this.#visits.reply(to, call, frame);
  }

  close(): void {
    this.#calls.close();
    this.#visits.close();
    for (const socket of [...this.#claims]) socket.destroy();
  }
}
