/**
 * Dialling: one TLS connection to one of several addresses, authenticated, within one deadline.
 *
 * Addresses are raced as RFC 8305 has it (Happy Eyeballs, sections 4 and 5): families in turn, the
 * next address when the one before failed or said nothing for a quarter of a second, the first
 * that leads to a wanted peer wins. So an address that swallows packets costs that quarter, or
 * more while many addresses do. Names are resolved anew at every try. At most `DIALS_MAX` dials are
 * in progress, half of them to peers that are only heard of; later ones wait for their turn, and
 * their time begins with it. One for which nobody waits any more gets no turn, and every other turn
 * is for the newest: where liars name more addresses than can be dialled, the oldest has little
 * time left for an answer.
 *
 * Invariant: a socket handed on has proved its id; every other one is destroyed here.
 */
import { isIPv6 } from 'node:net';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { DIAL_NEXT_MS, DIALS_BESIDE_MAX, DIALS_MAX } from '../bounds.ts';
import { HANDSHAKE_MS_MAX, KEEP_ALIVE_MS } from '../bounds.ts';
import type { ProvenPeer } from '../identity/proof.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import { reasonOf } from '../log.ts';
import type { Endpoint } from './address.ts';

/** @returns nothing when the socket was taken, else why not, and then the next address is tried */
export type Taker = (socket: TLSSocket, peer: ProvenPeer) => string | undefined;

/** Asked before each connection is opened. */
export type Permit = (host: string) => boolean;

export class Dialer {
  readonly #identity: LiveIdentity;
  readonly #active = new Set<TLSSocket>();
  /** Dials of peers that are only heard of do not take the turns of those that are known. */
  readonly #known: Lane = { busy: 0, beside: 0, turns: [], newestIsNext: false };
  readonly #heardOf: Lane = { busy: 0, beside: 0, turns: [], newestIsNext: false };
  #stopped = false;

  constructor(identity: LiveIdentity) {
    this.#identity = identity;
  }

  /**
   * Connects to the first address that leads to a wanted peer; `take` gets the socket in the very
   * turn in which it proved its id, so that no frame is missed.
   *
   * @param permit for peers that are only heard of
   * @param isAwaited whether it is still of use, asked when its turn has come
   * @returns why nothing was taken
   */
  async dial(
    endpoints: readonly Endpoint[],
    take: Taker,
    permit?: Permit,
    isAwaited: () => boolean = () => true,
  ): Promise<string | undefined> {
    const lane = permit === undefined ? this.#known : this.#heardOf;
    if (lane.busy < DIALS_MAX / 2) lane.busy += 1;
    else if (!(await turnIn(lane, isAwaited))) return NOT_AWAITED;
    try {
      return await this.#race(familiesInTurn(endpoints), take, lane, permit);
    } finally {
      handOn(lane);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#active) socket.destroy();
  }

  #race(
    endpoints: readonly Endpoint[],
    take: Taker,
    lane: Lane,
    permit: Permit = () => true,
  ): Promise<string | undefined> {
    return new Promise((resolve) => {
      const left = [...endpoints];
      const open = new Set<TLSSocket>();
      let last: string | undefined = 'no address to dial';
      let next: NodeJS.Timeout | undefined;
      let over = false;
      const end = (reason: string | undefined): void => {
        if (over) return;
        over = true;
        clearTimeout(next);
        clearTimeout(limit);
        for (const socket of open) socket.destroy();
        resolve(reason);
      };
      const limit = setTimeout(() => {
        end('no handshake in time');
      }, HANDSHAKE_MS_MAX);
      const tryNext = (): void => {
        clearTimeout(next);
        let endpoint = this.#stopped ? undefined : left.shift();
        while (endpoint !== undefined && !permit(endpoint.host)) {
          if (open.size === 0) last = NOT_PERMITTED;
          endpoint = left.shift();
        }
        if (endpoint === undefined) {
          if (open.size === 0) end(this.#stopped ? 'stopping' : last);
          return;
        }
        const isBeside = open.size > 0;
        if (isBeside) lane.beside += 1;
        const socket = this.#tryOne(endpoint, (ended, fault) => {
          open.delete(ended);
          if (isBeside) lane.beside -= 1;
          const reason = over ? 'another address was faster' : (fault ?? this.#judged(ended, take));
          if (reason === undefined) return end(undefined);
          ended.destroy();
          last = reason;
          if (!over) tryNext();
        });
        open.add(socket);
        if (left.length > 0) next = setTimeout(tryBeside, DIAL_NEXT_MS);
      };
      const tryBeside = (): void => {
        if (lane.beside < DIALS_BESIDE_MAX / 2) tryNext();
        else next = setTimeout(tryBeside, DIAL_NEXT_MS);
      };
      tryNext();
    });
  }

  #judged(socket: TLSSocket, take: Taker): string | undefined {
    const proof = this.#identity.judgeDialled(socket);
    if (!proof.ok) return proof.reason;
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    return take(socket, proof);
  }

  /** @param onEnd told once, when the handshake is over, and why it failed if it did */
  #tryOne(endpoint: Endpoint, onEnd: (socket: TLSSocket, fault?: string) => void): TLSSocket {
    const socket = connect({ ...this.#identity.dialTls, ...endpoint });
    this.#active.add(socket);
    const end = (fault?: string): void => {
      if (this.#active.delete(socket)) onEnd(socket, fault);
    };
    // Stays for the life of the socket: without a listener an error would end the process.
    socket.on('error', (error) => {
      end(reasonOf(error));
    });
    socket.on('close', () => {
      end('closed during the handshake');
    });
    socket.on('secureConnect', () => {
      end();
    });
    return socket;
  }
}

/** Dials in progress, and those that wait for their turn. */
interface Lane {
  busy: number;
  /** Connections that they have open beyond one each. */
  beside: number;
  /** The oldest come first. */
  readonly turns: Turn[];
  newestIsNext: boolean;
}

interface Turn {
  readonly isAwaited: () => boolean;
  /** @param isAwaited else it is given up */
  readonly begin: (isAwaited: boolean) => void;
}

/** Resolves when its turn has come, to false when nobody waits for it then. */
function turnIn({ turns }: Lane, isAwaited: () => boolean): Promise<boolean> {
  return new Promise((begin) => turns.push({ isAwaited, begin }));
}

/** The turn is handed on as it is, or given back. */
function handOn(lane: Lane): void {
  const { turns } = lane;
  lane.newestIsNext = !lane.newestIsNext;
  for (;;) {
    const next = lane.newestIsNext ? turns.pop() : turns.shift();
    if (next === undefined) {
      lane.busy -= 1;
      return;
    }
    const isAwaited = next.isAwaited();
    next.begin(isAwaited);
    if (isAwaited) return;
  }
}

/** No connection was opened: whoever is sought may well be there. */
export const NOT_PERMITTED = 'no dial where too many went in vain';
export const NOT_AWAITED = 'no dial in time for what was asked';

/** The endpoints in their order, but after each of one family one of the other, while there are. */
export function familiesInTurn(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const [first, ...others] = endpoints;
  if (first === undefined) return [];
  const isSix = isIPv6(first.host);
  const same = others.filter(({ host }) => isIPv6(host) === isSix);
  const other = others.filter(({ host }) => isIPv6(host) !== isSix);
  const turns = [first];
  while (same.length + other.length > 0) turns.push(...other.splice(0, 1), ...same.splice(0, 1));
  return turns;
}
