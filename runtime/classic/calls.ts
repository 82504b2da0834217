/**
 * Calls of ours to older nodes (docs/classic.md, Habits).
 *
 * Each call has a connection of its own, and a node one call at a time: its one handler writes to
 * the connection that came last, and so to ours. Whoever is found to speak the newer dialect
 * meanwhile is left to the links. A store says nothing of whether it was done: the value is asked
 * for afterwards, and only what is there counts as stored (S17).
 */
import type { TLSSocket } from 'node:tls';
import { decodePeer } from '../../src/codec/peer.ts';
import type { CallId, Peer } from '../../src/types.ts';
import type { WireRecord, WireReply, WireRequest } from '../../src/wire-types.ts';
import { CLASSIC_CALLS_MAX, CLASSIC_NODES_MAX, CLASSIC_READ_BACK_MS } from '../bounds.ts';
import { CLASSIC_TRIES, CLASSIC_WAIT_MS_MAX } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { ALPN } from '../identity/proof.ts';
import { keepLatest } from '../latest.ts';
import type { AddressBook } from '../links/address-book.ts';
import { fromWireAddress, plainHost, toWireAddress } from '../links/address.ts';
import type { Dialer } from '../links/dialer.ts';
import { endSoon } from '../links/link.ts';
import type { FrameReceiver } from '../links/link.ts';
import { exchange, tell } from './exchange.ts';
import { pongTo, putOf, shownIn, speechOf } from './terms.ts';
import type { Speech, Terms } from './terms.ts';

export interface CallsParts {
  readonly terms: Terms;
  readonly dialer: Dialer;
  readonly book: AddressBook;
  readonly onFrame: FrameReceiver;
  readonly onUnreachable: (peer: Peer, call: CallId) => void;
  /** It is not the peer's fault that nothing was said to it. */
  readonly onUnsent: (peer: Peer, call: CallId) => void;
  /** The peer speaks the newer dialect now: what was to be said to it goes over a link. */
  readonly onNewer: (peer: Peer, call: CallId, frame: Uint8Array) => void;
}

export class ClassicCalls {
  readonly #parts: CallsParts;
  readonly #lines = new Map<Peer, Line>();
  /** Connections of ours that are open, or not closed by the other side yet. */
  readonly #sockets = new Set<TLSSocket>();
  #stopped = false;

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  speaks(peer: Peer): boolean {
    return this.#lines.has(peer);
  }

  get count(): number {
    return this.#lines.size;
  }

  /**
   * Makes the acquaintance of a node that we dialled and that speaks no newer dialect: by our PING
   * it knows us.
   *
   * @returns nothing once it has answered, else why it is none
   */
  async greet(socket: TLSSocket, peer: Peer): Promise<string | undefined> {
    const { id, address: from } = this.#parts.terms;
    const { remoteAddress = '', remotePort = 0 } = this.#own(socket);
    const answer = await exchange(socket, { type: 'ping', id, from }, pongTo(id));
    endSoon(socket);
    if (answer === undefined) return 'no PONG';
    const at = toWireAddress({ host: plainHost(remoteAddress), port: remotePort });
    this.#parts.book.prove(peer, at === undefined ? [] : [at]);
    this.#keep(peer, this.#lines.get(peer) ?? newLine());
    return undefined;
  }

  /** Who is forgotten for it is greeted anew when there is something to say. */
  #keep(peer: Peer, line: Line): void {
    keepLatest(this.#lines, peer, line, CLASSIC_NODES_MAX);
  }

  /** @returns whether it is taken care of, the peer being an older node */
  request(to: Peer, call: CallId, frame: Uint8Array): boolean {
    const line = this.#lines.get(to);
    if (line === undefined) return false;
    const decoded = decodePeer(frame, 0, frame.length);
    if (decoded.type !== 'message' || decoded.message.type !== 'request') return false;
    const { body } = decoded.message;
    this.#keep(to, line);
    const { onUnreachable, onUnsent, onNewer } = this.#parts;
    if (this.#stopped || line.waiting >= CLASSIC_CALLS_MAX) {
      onUnsent(to, call);
      return true;
    }
    const since = monotonicMs();
    line.waiting += 1;
    line.turn = line.turn.then(async () => {
      line.waiting -= 1;
      const isLate = monotonicMs() - since > CLASSIC_WAIT_MS_MAX;
      if (line.end === 'newer') onNewer(to, call, frame);
      else if (line.end === 'gone') onUnreachable(to, call);
      else if (this.#stopped || isLate) onUnsent(to, call);
      else await this.#perform({ to, call, frame, line, since }, body);
    });
    return true;
  }

  close(): void {
    this.#stopped = true;
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  #own(socket: TLSSocket): TLSSocket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  async #perform(turn: Turn, body: WireRequest): Promise<void> {
    const speech = speechOf(this.#parts.terms, body);
    const reply = speech.type === 'answered' ? speech.reply : await this.#say(turn, speech);
    if (reply === undefined || this.#stopped) return;
    this.#parts.onFrame(turn.to, { type: 'reply', call: turn.call, body: reply }, 0);
  }

  /** @returns nothing when no answer came, or nobody was there */
  async #say(
    turn: Turn,
    speech: Exclude<Speech, { type: 'answered' }>,
  ): Promise<WireReply | undefined> {
    if (speech.type === 'store') return await this.#store(turn, speech.record, speech.hops);
    return await this.#ask(turn, speech.question, speech.answerIn);
  }

  async #store(turn: Turn, record: WireRecord, hops: number): Promise<WireReply | undefined> {
    // A fresh one, for it is closed behind the message, as older nodes do.
    const socket = await this.#dial(turn);
    if (socket === undefined) return undefined;
    const lifeMs = record.lifeMs - Math.ceil(monotonicMs() - turn.since);
    const isAlive = lifeMs > 0;
    const isOut = isAlive && (await tell(socket, putOf({ ...record, lifeMs }, hops)));
    endSoon(socket);
    if (!isAlive) return { type: 'refused', reason: 'expired' };
    if (isOut) {
      // A hop budget may lead it elsewhere: who passes on has done what was asked.
      if (hops > 1) return { type: 'ok' };
      const { key, value } = record;
      for (const waitMs of CLASSIC_READ_BACK_MS) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        const shown = await this.#ask(turn, { type: 'find-value', key }, (m) => shownIn(key, m));
        const held = shown?.value;
        if (held !== undefined && Buffer.compare(held, value) === 0) return { type: 'ok' };
        if (!this.speaks(turn.to)) return undefined;
      }
    }
    return { type: 'refused', reason: 'not-stored' };
  }

  async #ask<T>(
    turn: Turn,
    question: Parameters<typeof exchange>[1],
    answerIn: Parameters<typeof exchange<T>>[2],
  ): Promise<T | undefined> {
    for (let tries = 0; tries < CLASSIC_TRIES; tries += 1) {
      const socket = await this.#dial(turn);
      if (socket === undefined) return undefined;
      const answer = await exchange(socket, question, answerIn);
      endSoon(socket);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** A new connection to the node; nothing when there is none, and then that was told. */
  async #dial({ to, call, frame, line }: Turn): Promise<TLSSocket | undefined> {
    const { dialer, book, onUnreachable, onNewer } = this.#parts;
    const endpoints = book
      .addressesOf(to)
      .slice(0, 1)
      .map(fromWireAddress)
      .filter((endpoint) => endpoint !== undefined);
    const found: { socket?: TLSSocket } = {};
    const reason = await dialer.dial(endpoints, (socket) => {
      found.socket = this.#own(socket);
      return undefined;
    });
    const isNewer = found.socket?.alpnProtocol === ALPN;
    if (reason === undefined && !isNewer) return found.socket;
    if (isNewer && found.socket !== undefined) endSoon(found.socket);
    // What waits behind it fares alike at once; the next request is dialled by the finder.
    line.end = isNewer ? 'newer' : 'gone';
    this.#lines.delete(to);
    if (isNewer) onNewer(to, call, frame);
    else onUnreachable(to, call);
    return undefined;
  }
}

/** A node, and what is to be said to it, one after the other. */
interface Line {
  waiting: number;
  turn: Promise<void>;
  /** Why nothing more is said to it in this dialect. */
  end: 'gone' | 'newer' | undefined;
}

function newLine(): Line {
  return { waiting: 0, turn: Promise.resolve(), end: undefined };
}

interface Turn {
  readonly to: Peer;
  readonly call: CallId;
  readonly frame: Uint8Array;
  readonly line: Line;
  /** When it was asked for; monotonic ms. */
  readonly since: number;
}
