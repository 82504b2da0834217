/**
 * All links of a node: who is connected to whom over what, and which frame goes where. It knows
 * peers, calls and frames; what a frame means is decided by its reader.
 *
 * Rules (docs/wire.md, Links): one link per pair, both sides say hello at once, a link is up when
 * the other's hello came and fits. A request without a link dials; one that cannot be delivered is
 * reported as unreachable, once. A reply on a link on which its call is not open is dropped and
 * counted. Invariant: nothing here calls back into a step, reports wait in the driver's queue.
 */
import type { TLSSocket } from 'node:tls';
import type { PeerDirectory } from '../../host/directory.ts';
import type { CallId, Peer } from '../../src/types.ts';
import type { GoodbyeReason, WireAddress, WireHello } from '../../src/wire-types.ts';
import { GREETINGS_PER_PEER_MAX, SWEEP_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import type { ProvenPeer } from '../identity/identity.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import { foreignText, shortHex } from '../log.ts';
import type { Log } from '../log.ts';
import type { AddressBook } from './address-book.ts';
import { fromWireAddress } from './address.ts';
import type { Endpoint } from './address.ts';
import { bootstrapTeller } from './advice.ts';
import type { Dialer, Taker } from './dialer.ts';
import { judgeHello, ownHello, refusalOf } from './greeting.ts';
import { Greetings, newGreeting } from './greetings.ts';
import type { Greeting } from './greetings.ts';
import { farewell, Link } from './link.ts';
import type { CallFrame } from './link.ts';
import { Pair } from './pair.ts';

export interface LinksOptions {
  readonly self: Peer;
  readonly identity: LiveIdentity;
  readonly directory: PeerDirectory;
  readonly book: AddressBook;
  readonly dialer: Dialer;
  readonly log: Log;
  /** What our hello says of where we listen. */
  readonly addresses: readonly WireAddress[];
  readonly onFrame: (from: Peer, frame: CallFrame) => void;
  readonly onUnreachable: (peer: Peer, call: CallId) => void;
}

/** What happened, for `status` and metrics; `linksRevoked`: closed by a newer revocation list. */
const NOTHING_YET = {
  linksUp: 0,
  framesIn: 0,
  framesOut: 0,
  repliesUnasked: 0,
  repliesHomeless: 0,
  requestsDropped: 0,
  linksRevoked: 0,
};

export class Links {
  readonly counts = { ...NOTHING_YET };
  readonly #options: LinksOptions;
  readonly #ownId: Uint8Array;
  readonly #pairs = new Map<Peer, Pair>();
  readonly #greetings = new Greetings();
  readonly #tellFailed: (endpoint: Endpoint, reason: string) => void;
  readonly #sweeper: NodeJS.Timeout;
  #closing = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#ownId = options.directory.idOf(options.self);
    this.#tellFailed = bootstrapTeller(options.log);
    options.identity.onReplaced(() => {
      this.#closeRevoked();
    });
    this.#sweeper = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS);
    this.#sweeper.unref();
  }

  /** Sends a request, over a link that is up or that is dialled for it. */
  request(to: Peer, call: CallId, frame: Uint8Array): void {
    const pair = this.#pairOf(to);
    if (pair.sendRequest(call, frame, monotonicMs())) {
      this.counts.framesOut += 1;
      return;
    }
    if (this.#closing || pair.kept !== undefined || !pair.queueRequest(call, frame)) {
      this.#options.onUnreachable(to, call);
      this.#forgetUnused(pair);
      return;
    }
    void this.#dialFor(pair);
  }

  /** Sends a reply on the link on which its request came. */
  reply(to: Peer, call: CallId, frame: Uint8Array): void {
    if (this.#pairs.get(to)?.sendReply(call, frame, monotonicMs()) === true) {
      this.counts.framesOut += 1;
    } else {
      this.counts.repliesHomeless += 1;
    }
  }

  /** Dials an introducer of whom only the address is known; nothing when that failed. */
  async introduce(endpoint: Endpoint): Promise<Peer | undefined> {
    let found: Peer | undefined;
    const reason = await this.#dial([endpoint], (peer) => {
      found = peer;
      return undefined;
    });
    if (reason === undefined) return found;
    this.#tellFailed(endpoint, reason);
    return undefined;
  }

  /** Takes over a socket that a peer opened and on which it proved its id. */
  accept(socket: TLSSocket, proven: ProvenPeer): void {
    const peer = this.#peerOf(proven);
    const room =
      peer !== undefined && this.#greetings.of(peer, false).length < GREETINGS_PER_PEER_MAX;
    if (this.#closing || !room) socket.destroy();
    else void this.#greet(socket, proven, peer, false);
  }

  /** Says goodbye to everybody and refuses what comes later. */
  close(): void {
    this.#closing = true;
    clearInterval(this.#sweeper);
    this.#options.dialer.stop();
    for (const link of this.#allLinks()) link.goodbye('stopping');
  }

  #allLinks(): readonly Link[] {
    const linked = [...this.#pairs.values()].flatMap((pair) => [...pair.links]);
    return [...linked, ...this.#greetings.links];
  }

  /** The revocation list may be newer than the links that are up. */
  #closeRevoked(): void {
    for (const link of this.#allLinks()) {
      if (!this.#options.identity.isRevoked(link.proven.serial)) continue;
      this.counts.linksRevoked += 1;
      link.goodbye('identity', 'the certificate of the peer is revoked');
    }
  }

  /** The handle of a peer, unless it was revoked since its handshake began, or there is no room. */
  #peerOf({ nodeId, serial }: ProvenPeer): Peer | undefined {
    const { identity, directory } = this.#options;
    return identity.isRevoked(serial) ? undefined : directory.intern(nodeId);
  }

  async #dialFor(pair: Pair): Promise<void> {
    if (pair.dialling) return;
    const { book, directory, log } = this.#options;
    const endpoints = book
      .addressesOf(pair.peer)
      .map(fromWireAddress)
      .filter((endpoint) => endpoint !== undefined);
    pair.dialling = true;
    const reason = await this.#dial(endpoints, (found) =>
      found === pair.peer ? undefined : 'another peer is there',
    );
    pair.dialling = false;
    if (pair.kept === undefined) {
      const peer = shortHex(directory.idOf(pair.peer));
      log.debug({ peer, reason: foreignText(reason ?? 'ended at once') }, 'dial failed');
      book.doubt(pair.peer);
    }
    this.#flush(pair);
  }

  /** Dials until a link with an accepted peer is up; @returns why there is none */
  async #dial(
    endpoints: readonly Endpoint[],
    accept: (peer: Peer) => string | undefined,
  ): Promise<string | undefined> {
    let up: Promise<string | undefined> = Promise.resolve(undefined);
    const take: Taker = (socket, proven) => {
      const peer = this.#peerOf(proven);
      if (this.#closing || peer === undefined) return 'no room for it, or it is revoked';
      const refusal = accept(peer);
      if (refusal !== undefined) return refusal;
      // One link of ours to a peer at a time: the other side never hears a hello of a second one.
      const earlier = this.#greetings.of(peer, true)[0];
      if (earlier !== undefined || this.#pairs.get(peer)?.kept !== undefined) {
        farewell(socket, 'duplicate');
        if (earlier !== undefined) up = earlier.up;
      } else {
        up = this.#greet(socket, proven, peer, true);
      }
      return undefined;
    };
    return (await this.#options.dialer.dial(endpoints, take)) ?? up;
  }

  /** Says hello; @returns nothing once the link is up, else why it never will be */
  #greet(
    socket: TLSSocket,
    proven: ProvenPeer,
    peer: Peer,
    dialledByUs: boolean,
  ): Promise<string | undefined> {
    const greeting = newGreeting(peer, dialledByUs);
    const link = new Link(socket, proven, dialledByUs, {
      onHello: (one, hello) => this.#onHello(one, greeting, hello),
      onFrame: (one, frame) => {
        this.#onFrame(one, peer, frame);
      },
      onUnknownRequest: (one, call) => {
        one.send(refusalOf(call));
      },
      onEnd: (one, reason) => {
        this.#onEnd(one, greeting, reason);
      },
    });
    this.#greetings.add(link, greeting);
    link.greet(ownHello(this.#options.addresses));
    return greeting.up;
  }

  #onHello(link: Link, greeting: Greeting, hello: WireHello): GoodbyeReason | undefined {
    const refusal = judgeHello(hello);
    if (refusal !== undefined) return refusal;
    const { book, directory, log } = this.#options;
    this.#greetings.remove(link);
    book.prove(greeting.peer, hello.addresses);
    const pair = this.#pairOf(greeting.peer);
    const replaced = pair.add(link);
    this.counts.linksUp += 1;
    log.debug({ peer: shortHex(directory.idOf(pair.peer)), dialled: link.dialledByUs }, 'link up');
    replaced?.goodbye('duplicate');
    this.#flush(pair);
    greeting.settle(undefined);
    return undefined;
  }

  #onFrame(link: Link, from: Peer, frame: CallFrame): void {
    const pair = this.#pairOf(from);
    this.counts.framesIn += 1;
    if (frame.type === 'reply') {
      if (pair.closeOurs(frame.call, link)) this.#options.onFrame(from, frame);
      else this.counts.repliesUnasked += 1;
      return;
    }
    const call = pair.openTheirs(frame.call, link, monotonicMs());
    if (call === undefined) this.counts.requestsDropped += 1;
    else this.#options.onFrame(from, call === frame.call ? frame : { ...frame, call });
  }

  #onEnd(link: Link, greeting: Greeting, reason: string): void {
    const { directory, log, onUnreachable } = this.#options;
    const { peer } = greeting;
    const wasGreeting = this.#greetings.remove(link);
    const level = reason.startsWith('malformed') ? 'warn' : 'debug';
    log[level]({ peer: shortHex(directory.idOf(peer)), reason: foreignText(reason) }, 'link ended');
    const pair = this.#pairs.get(peer);
    if (!wasGreeting && pair?.links.includes(link) === true) this.counts.linksUp -= 1;
    for (const call of pair?.remove(link) ?? []) onUnreachable(peer, call);
    greeting.settle(reason);
    if (pair !== undefined) this.#forgetUnused(pair);
  }

  /** Sends what waited for a link; without one after the dial it is unreachable. */
  #flush(pair: Pair): void {
    if (pair.kept === undefined && pair.dialling) return;
    for (const { call, frame } of pair.takeWaiting()) {
      if (pair.sendRequest(call, frame, monotonicMs())) this.counts.framesOut += 1;
      else this.#options.onUnreachable(pair.peer, call);
    }
    this.#forgetUnused(pair);
  }

  #pairOf(peer: Peer): Pair {
    const known = this.#pairs.get(peer);
    if (known !== undefined) return known;
    const pair = new Pair(
      peer,
      Buffer.compare(this.#ownId, this.#options.directory.idOf(peer)) < 0,
    );
    this.#pairs.set(peer, pair);
    return pair;
  }

  #forgetUnused(pair: Pair): void {
    if (pair.isUnused && this.#pairs.get(pair.peer) === pair) this.#pairs.delete(pair.peer);
  }

  #sweep(): void {
    const now = monotonicMs();
    for (const link of this.#greetings.links) link.sweep(now);
    for (const pair of [...this.#pairs.values()]) pair.sweep(now);
  }
}
