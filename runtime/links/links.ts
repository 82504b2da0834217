/**
 * All links of a node: who is connected to whom over what, and which frame goes where. It knows
 * peers, calls and frames; what a frame means is decided by its reader.
 *
 * Rules (docs/wire.md, Links): one link per pair (`pair.ts`), both say hello at once, and it is up
 * when the other's hello came and fits. A request without a link dials; one that cannot be
 * delivered is reported as unreachable, once. A reply on a link on which its call is not open is
 * dropped and counted. Nothing here calls back into a step: reports wait in the driver's queue.
 */
import type { TLSSocket } from 'node:tls';
import { CALL_MS_MAX } from '../../src/limits.ts';
import type { CallId, Peer } from '../../src/types.ts';
import type { GoodbyeReason, WireHello } from '../../src/wire-types.ts';
import { GREETINGS_PER_PEER_MAX, SWEEP_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { ALPN } from '../identity/proof.ts';
import type { ProvenPeer } from '../identity/proof.ts';
import { foreignText, shortHex } from '../log.ts';
import type { Endpoint } from './address.ts';
import { levelOf } from './advice.ts';
import { whoMakesRoom, whoTakesTooLittle } from './capacity.ts';
import { noCounts } from './counts.ts';
import { Finder, NO_PEER } from './finder.ts';
import { judgeHello, ownHello, refusalOf } from './greeting.ts';
import { Greetings, newGreeting } from './greetings.ts';
import type { Greeting } from './greetings.ts';
import { farewell, Link } from './link.ts';
import type { CallFrame } from './link.ts';
import type { AgedFrame, Pair } from './pair.ts';
import { Pairs } from './pairs.ts';
import type { SeenLink } from './pairs.ts';
import type { LinksOptions } from './ports.ts';

export class Links {
  readonly counts = noCounts();
  readonly #options: LinksOptions;
  readonly #pairs: Pairs;
  readonly #greetings = new Greetings();
  readonly #finder: Finder;
  readonly #sweeper: NodeJS.Timeout;
  #closing = false;
  /** When the last sweep was, and since when there was no pause between two; monotonic ms. */
  #sweptAt = monotonicMs();
  #attentiveSince = this.#sweptAt;

  constructor(options: LinksOptions) {
    this.#options = options;
    const { directory, self, identity } = options;
    this.#pairs = new Pairs(directory, self, identity.now.mode === 'certificate');
    this.#finder = new Finder({
      ...options,
      peerOf: (proven) => this.#peerOf(proven),
      take: (socket, proven, peer) => this.#takeDialled(socket, proven, peer),
    });
    options.identity.onReplaced(() => {
      this.#closeRevoked();
    });
    this.#sweeper = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS);
    this.#sweeper.unref();
  }

  /**
   * Sends a request, over a link that is up or that is dialled for it. A peer that we know only by
   * its own dial is dialled all the same: who cannot be called is to answer no request of ours, for
   * by its answer it would become a contact.
   */
  request(to: Peer, call: CallId, frame: Uint8Array, later?: AgedFrame): void {
    if (this.#options.other?.request(to, call, frame) === true) return;
    const pair = this.#pairs.of(to);
    const isFound = this.#options.book.isFound(to);
    if (isFound && pair.sendRequest(call, frame, monotonicMs())) {
      this.counts.framesOut += 1;
      return;
    }
    const isFull = isFound && pair.kept !== undefined;
    if (this.#closing || isFull || !pair.queueRequest({ call, frame, later, at: monotonicMs() })) {
      this.#options.onUnreachable(to, call);
      this.#pairs.forgetUnused(pair);
      return;
    }
    void this.#dialFor(pair);
  }

  /** Whether a request would leave without a dial. */
  isUp(to: Peer): boolean {
    return this.#options.book.isFound(to) && this.#pairs.find(to)?.kept !== undefined;
  }

  /** Sends a reply on the link on which its request came. */
  reply(to: Peer, call: CallId, frame: Uint8Array): void {
    if (this.#pairs.find(to)?.sendReply(call, frame, monotonicMs()) === true) {
      this.counts.framesOut += 1;
    } else if (this.#options.other?.reply(to, call, frame) !== true) {
      this.counts.repliesHomeless += 1;
    }
  }

  /** Dials where an introducer, or the peer with this id, may be; nothing when that failed. */
  introduce(at: readonly Endpoint[], id?: string): Promise<Peer | undefined> {
    return this.#finder.introduce(at, id);
  }

  /** Takes over a socket that a peer opened and on which it proved its id, if there is room. */
  accept(socket: TLSSocket, proven: ProvenPeer): void {
    const isNamed = this.#options.identity.now.mode === 'address';
    const peer = this.#peerOf(proven, isNamed);
    const refusal = peer === undefined ? NO_PEER : this.#makeRoom(peer);
    if (peer !== undefined && refusal === undefined) {
      void this.#greet(socket, proven, peer, false);
      return;
    }
    const { remoteAddress: from } = socket;
    if (!this.#closing) this.#options.log.warn({ from, reason: refusal }, 'link refused');
    socket.destroy();
  }

  /** @returns why there is no room for a link of the peer's */
  #makeRoom(peer: Peer): string | undefined {
    const open = this.#greetings.of(peer, false).length;
    if (open >= GREETINGS_PER_PEER_MAX) return 'too many of its links wait for a hello';
    const { book, placesMax } = this.#options;
    // All links together are no fewer than the accepted ones: mostly there is no need to list them.
    if (this.counts.linksUp + this.#greetings.count < placesMax) return undefined;
    const occupants = [...this.#pairs.accepted, ...this.#greetings.accepted];
    const who = whoMakesRoom(occupants, placesMax, peer, (one) => book.isFound(one));
    if (who === undefined) return undefined;
    this.counts.linksRefused += 1;
    if (who === 'none') return 'all places are taken, and it is not known';
    who.goodbye('idle', 'idle, in the place of a peer that is known');
    return undefined;
  }

  /** The links for new calls, one for each peer. */
  get seen(): readonly SeenLink[] {
    return this.#pairs.seen;
  }

  /** Says goodbye to everybody and refuses what comes later. */
  close(): void {
    this.#closing = true;
    clearInterval(this.#sweeper);
    this.#options.dialer.stop();
    this.#options.other?.close();
    for (const link of [...this.#pairs.links, ...this.#greetings.links]) link.goodbye('stopping');
  }

  /** The revocation list may be newer than the links that are up. */
  #closeRevoked(): void {
    for (const link of [...this.#pairs.links, ...this.#greetings.links]) {
      if (!this.#options.identity.isRevoked(link.proven.serial)) continue;
      this.counts.linksRevoked += 1;
      link.goodbye('identity', 'the certificate of the peer is revoked');
    }
  }

  /**
   * The handle of a peer, unless it was revoked since its handshake began, or there is no room.
   * @param isNamed it has only said where it is, and was not found there
   */
  #peerOf({ nodeId, serial }: ProvenPeer, isNamed = false): Peer | undefined {
    const { identity, directory } = this.#options;
    if (this.#closing || identity.isRevoked(serial)) return undefined;
    return isNamed ? directory.internNamed(nodeId) : directory.intern(nodeId);
  }

  async #dialFor(pair: Pair): Promise<void> {
    if (pair.dialling) return;
    const { book, directory, placing, log } = this.#options;
    pair.dialling = true;
    const isAwaited = (): boolean => pair.isAwaited(monotonicMs());
    const reason = await this.#finder.find(pair.peer, isAwaited, pair.anyLink?.farHost);
    pair.dialling = false;
    if (reason !== undefined) {
      const peer = shortHex(directory.idOf(pair.peer));
      log[levelOf(reason)]({ peer, reason: foreignText(reason) }, 'dial failed');
    }
    if (reason !== undefined && pair.anyLink !== undefined && !book.isFound(pair.peer)) {
      placing.onNotFound(pair, book.failuresOf(pair.peer), monotonicMs());
    }
    this.#flush(pair);
  }

  /** Makes a link of a socket that we dialled: one of ours to a peer at a time is enough. */
  #takeDialled(socket: TLSSocket, proven: ProvenPeer, peer: Peer): Promise<string | undefined> {
    const { other } = this.#options;
    if (other !== undefined && socket.alpnProtocol !== ALPN) return other.greet(socket, peer);
    const [earlier] = this.#greetings.of(peer, true);
    const pair = this.#pairs.find(peer);
    // Behind a link that is silent since a call that the core gave up nobody is left: it is here.
    pair?.cutSilent(monotonicMs(), CALL_MS_MAX);
    if (earlier === undefined && pair?.kept === undefined) {
      return this.#greet(socket, proven, peer, true);
    }
    // The other side never hears a hello; that the peer is there was all that remained to be seen.
    farewell(socket, 'duplicate');
    this.#options.book.meet(peer);
    return earlier?.up ?? Promise.resolve(undefined);
  }

  /** Says hello; @returns nothing once the link is up, else why it never will be */
  #greet(
    socket: TLSSocket,
    proven: ProvenPeer,
    peer: Peer,
    dialledByUs: boolean,
  ): Promise<string | undefined> {
    const greeting = newGreeting(peer, dialledByUs);
    const link = new Link(socket, proven, dialledByUs, this.#options.shares, {
      onHello: (one, hello) => this.#onHello(one, greeting, hello),
      onFrame: (one, frame, waitedMs) => {
        this.#onFrame(one, peer, frame, waitedMs);
      },
      onUnknownRequest: (one, call) => {
        one.send(refusalOf(call));
      },
      onEnd: (one, reason) => {
        this.#onEnd(one, greeting, reason);
      },
    });
    this.#greetings.add(link, greeting);
    link.greet(ownHello(this.#options.addresses, this.#options.identity.now.mode));
    return greeting.up;
  }

  #onHello(link: Link, greeting: Greeting, hello: WireHello): GoodbyeReason | undefined {
    const refusal = judgeHello(this.#options.identity.now.mode, link.proven.nodeId, hello);
    if (refusal !== undefined) return refusal;
    const { book, directory, placing, log } = this.#options;
    this.#greetings.remove(link);
    book.prove(greeting.peer, hello.addresses);
    placing.onHello(greeting.peer, hello, link, book.isFound(greeting.peer));
    const pair = this.#pairs.of(greeting.peer);
    const replaced = pair.add(link);
    this.counts.linksUp += 1;
    log.debug({ peer: shortHex(directory.idOf(pair.peer)), dialled: link.dialledByUs }, 'link up');
    replaced?.goodbye('duplicate');
    if (link.dialledByUs) this.#pairs.surplusDial(this.#options.dialledMax)?.goodbye('idle');
    this.#flush(pair);
    greeting.settle(undefined);
    return undefined;
  }

  #onFrame(link: Link, from: Peer, frame: CallFrame, waitedMs: number): void {
    const pair = this.#pairs.of(from);
    this.counts.framesIn += 1;
    if (frame.type === 'reply') {
      if (!pair.closeOurs(frame.call, link, monotonicMs())) this.counts.repliesUnasked += 1;
      else this.#options.onFrame(from, frame, waitedMs);
      return;
    }
    const call = pair.openTheirs(frame.call, link, monotonicMs());
    if (call === undefined) this.counts.requestsDropped += 1;
    else this.#options.onFrame(from, call === frame.call ? frame : { ...frame, call }, waitedMs);
  }

  #onEnd(link: Link, greeting: Greeting, reason: string): void {
    const { directory, log, onUnreachable } = this.#options;
    const { peer } = greeting;
    const wasGreeting = this.#greetings.remove(link);
    const fields = { peer: shortHex(directory.idOf(peer)), reason: foreignText(reason) };
    log[levelOf(reason)](fields, 'link ended');
    const pair = this.#pairs.find(peer);
    if (!wasGreeting && pair?.links.includes(link) === true) this.counts.linksUp -= 1;
    for (const call of pair?.remove(link) ?? []) onUnreachable(peer, call);
    greeting.settle(reason);
    if (pair === undefined) return;
    if (pair.anyLink === undefined) this.#options.placing.forgive(pair, Infinity, link);
    this.#pairs.forgetUnused(pair);
  }

  /** Sends what waited for a link; without one after the dial it is unreachable. */
  #flush(pair: Pair): void {
    const isFound = this.#options.book.isFound(pair.peer);
    if (pair.dialling && !(isFound && pair.kept !== undefined)) return;
    for (const { call, frame, later, at } of pair.takeWaiting()) {
      const now = monotonicMs();
      const aged = later?.(now - at) ?? frame;
      if (this.#options.other?.request(pair.peer, call, aged) === true) continue;
      if (isFound && pair.sendRequest(call, aged, now)) this.counts.framesOut += 1;
      else this.#options.onUnreachable(pair.peer, call);
    }
    this.#pairs.forgetUnused(pair);
  }

  #sweep(): void {
    const now = monotonicMs();
    // After a pause of our own it is still to be read what came meanwhile.
    if (now - this.#sweptAt > 2 * SWEEP_MS) this.#attentiveSince = now;
    this.#sweptAt = now;
    const attentiveMs = now - this.#attentiveSince;
    for (const link of this.#greetings.links) link.sweep(now, attentiveMs);
    for (const link of whoTakesTooLittle(this.#pairs.links)) link.cut('takes too little');
    for (const pair of this.#pairs.all) {
      pair.sweep(now, attentiveMs);
      this.#options.placing.forgive(pair, now);
    }
  }
}
