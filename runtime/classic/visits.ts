/**
 * What older nodes ask here, and what they are told (docs/classic.md, Habits).
 *
 * A PING and a FIND_NODE say where their sender listens, and so who it is (the id in a PING is only
 * given back); a dial of ours has to find it there before it is asked anything. A FIND_VALUE and a
 * PUT say nothing of that: theirs is a handle that stands for the host they came from, and never
 * becomes a contact. Answers leave in the order in which the core gives them; a PUT has none.
 * Invariant: there are only so many connections; who was silent for longest makes room.
 */
import type { TLSSocket } from 'node:tls';
import type { PeerDirectory } from '../../host/directory.ts';
import { decodePeer } from '../../src/codec/peer.ts';
import { CLIENT_ONLY } from '../../src/table/places.ts';
import type { CallId, Peer } from '../../src/types.ts';
import type { ClassicMessage, Ipv4Address } from '../../src/wire-types.ts';
import { SWEEP_MS } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { idOfAddress, idOfPlace } from '../identity/address-identity.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import type { AddressBook } from '../links/address-book.ts';
import { endSoon } from '../links/link.ts';
import type { FrameReceiver, LinkShares } from '../links/link.ts';
import { foreignText } from '../log.ts';
import type { Log } from '../log.ts';
import { answerOf, requestOf } from './terms.ts';
import type { Asked, Terms } from './terms.ts';
import { Visit } from './visit.ts';

export interface VisitsParts {
  readonly terms: Terms;
  readonly self: Peer;
  readonly directory: PeerDirectory;
  readonly book: AddressBook;
  readonly identity: LiveIdentity;
  readonly shares: LinkShares;
  readonly log: Log;
  readonly onFrame: FrameReceiver;
  /** At once; then the one that has been silent for longest makes room for the next. */
  readonly visitsMax: number;
}

export class ClassicVisits {
  readonly #parts: VisitsParts;
  readonly #visits = new Set<Visit>();
  /** Questions that the core has not answered, by the number that they go by there. */
  readonly #open = new Map<CallId, Question>();
  readonly #sweeper: NodeJS.Timeout;
  #lastCall = 0;

  constructor(parts: VisitsParts) {
    this.#parts = parts;
    this.#sweeper = setInterval(() => {
      this.sweep(monotonicMs());
    }, SWEEP_MS);
    this.#sweeper.unref();
    parts.identity.onReplaced(() => {
      this.#closeRevoked();
    });
  }

  get count(): number {
    return this.#visits.size;
  }

  /** @param serial of its certificate, as `plainSerial` writes it */
  accept(socket: TLSSocket, serial: string): void {
    const onFault = (reason: string): void => {
      const from = socket.remoteAddress;
      this.#parts.log.warn({ from, reason: foreignText(reason) }, 'older node cut off');
    };
    // The list may be newer than the one that its handshake began with.
    if (this.#parts.identity.isRevoked(serial)) {
      onFault(REVOKED);
      return endSoon(socket);
    }
    this.#makeRoom();
    const visit = new Visit(socket, serial, this.#parts.shares, {
      take: (message, waitedMs) => {
        this.#take(visit, message, waitedMs);
      },
      onFault,
      onEnd: () => {
        this.#visits.delete(visit);
        for (const call of visit.questions) this.#open.delete(call);
      },
    });
    this.#visits.add(visit);
  }

  /** @returns whether it answers a question that came here */
  reply(to: Peer, call: CallId, frame: Uint8Array): boolean {
    const question = this.#open.get(call);
    if (question?.from !== to) return false;
    this.#open.delete(call);
    const { visit, asked } = question;
    visit.endQuestion(call);
    const decoded = decodePeer(frame, 0, frame.length);
    if (decoded.type !== 'message' || decoded.message.type !== 'reply') return true;
    const answer = answerOf(this.#parts.terms, asked, decoded.message.body);
    if (answer !== undefined) visit.write(answer);
    return true;
  }

  /** Ends what has lasted too long. @param now monotonic ms */
  sweep(now: number): void {
    for (const visit of [...this.#visits]) visit.sweep(now);
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const visit of [...this.#visits]) visit.end();
  }

  #closeRevoked(): void {
    for (const visit of [...this.#visits]) {
      if (this.#parts.identity.isRevoked(visit.serial)) visit.fail(REVOKED);
    }
  }

  #makeRoom(): void {
    if (this.#visits.size < this.#parts.visitsMax) return;
    const silent = [...this.#visits].reduce((a, b) => (b.lastAt < a.lastAt ? b : a));
    silent.end();
  }

  #take(visit: Visit, message: ClassicMessage, waitedMs: number): void {
    if (!isAsked(message)) return;
    const from = this.#senderOf(visit, message);
    if (from === undefined) return visit.end();
    const call = this.#nextCall();
    visit.beginQuestion(call);
    this.#open.set(call, { from, asked: lasting(message), visit });
    const body = requestOf(this.#parts.terms, message);
    this.#parts.onFrame(from, { type: 'request', call, body }, waitedMs);
  }

  /** The handle of who says where it is, or of the host of who does not. */
  #senderOf(visit: Visit, message: Asked): Peer | undefined {
    const { directory, book, self } = this.#parts;
    if ('from' in message) {
      visit.isOfNode = true;
      const peer = directory.internNamed(idOfPlace(message.from));
      if (peer === self) return undefined;
      if (peer !== undefined) book.hear(peer, [withOwnBytes(message.from)]);
      return peer;
    }
    // Nobody names it: there are no more than hosts that have a certificate.
    const peer = directory.intern(idOfAddress({ host: visit.host, port: 0 }));
    if (peer !== undefined) directory.setPlace(peer, CLIENT_ONLY);
    return peer;
  }

  /** From the highest down: who is named may have a link, and counts its own calls from 1 up. */
  #nextCall(): CallId {
    do this.#lastCall = (this.#lastCall - 1) >>> 0;
    while (this.#open.has(this.#lastCall));
    return this.#lastCall;
  }
}

interface Question {
  readonly from: Peer;
  readonly asked: Asked;
  readonly visit: Visit;
}

/** What comes unasked, an echo or a reply to somebody else, is dropped. */
function isAsked(message: ClassicMessage): message is Asked {
  const { type } = message;
  return type === 'ping' || type === 'find-node' || type === 'find-value' || type === 'put';
}

/** What an answer needs of it, for later, when the bytes that it was read from are gone. */
function lasting(asked: Asked): Asked {
  switch (asked.type) {
    case 'ping':
      return { ...asked, id: asked.id.slice() };
    case 'find-value':
      return { ...asked, key: asked.key.slice() };
    case 'put':
      return { ...asked, key: NO_BYTES, value: NO_BYTES };
    case 'find-node':
      return asked;
  }
}

function withOwnBytes(address: Ipv4Address): Ipv4Address {
  return { ...address, ip: address.ip.slice() };
}

const NO_BYTES = new Uint8Array(0);
const REVOKED = 'its certificate is revoked';
