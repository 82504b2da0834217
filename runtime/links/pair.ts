/**
 * A peer as the transport sees it: its links (one, or two for a moment), the calls open on each in
 * both directions, and the frames that wait for a dial.
 *
 * Rules (docs/wire.md, Links): of two links both ends keep the one dialled by the smaller node id;
 * calls open on the other finish, then it closes. A newer link of the same dialler replaces the
 * older, which that dialler has given up. One that is silent for long after a call is cut: it would
 * be kept until TCP tells that the other machine is gone. Call numbers belong to a link: a reply
 * counts only where its call is open, one of ours leaves where its request came. Every map here is
 * capped.
 *
 * Where ids are addresses only a dial proves who is there. Then each end asks over the link that it
 * dialled and answers on any: whoever claims to be the peer gets no request that is meant for it,
 * and ends no link but its own, which has the same certificate.
 *
 * The core knows a request by peer and number alone. When the peer uses one number on both links at
 * once, the later request goes by another number here, and its reply leaves with the peer's own.
 */
import { CALL_MS_MAX } from '../../src/limits.ts';
import type { CallId, Peer } from '../../src/types.ts';
import { BYTES_WAITING_MAX, CALL_FORGET_MS, DUPLICATE_LINGER_MS } from '../bounds.ts';
import {
  FRAMES_WAITING_MAX,
  LINK_FULL_BYTES,
  LINK_IDLE_MS_MAX,
  LINK_SILENT_MS_MAX,
  PEER_CALLS_MAX,
} from '../bounds.ts';
import type { Link } from './link.ts';

export class Pair {
  readonly peer: Peer;
  /** Links of both sides may be in the making; the dial of ours is one of them. */
  dialling = false;
  /** While it cannot be dialled: when it is tried again, in monotonic ms; 0: it can. */
  soughtAgainAt = 0;
  /** Smoothed time from a call of ours to its answer, in ms. */
  roundTripMs: number | undefined;
  readonly #ownIdIsSmaller: boolean;
  /** Whether a link that the other side dialled leads to the peer for certain. */
  readonly #acceptedAreProven: boolean;
  readonly #links: Link[] = [];
  /** Calls that we opened and the peer has not answered. */
  readonly #ours = new Map<CallId, OpenCall>();
  /** Calls that the peer opened and we have not answered, by the number they go by here. */
  readonly #theirs = new Map<CallId, TheirCall>();
  /** Whether a request ever had to go by another number: nodes like this one never make it so. */
  #renumbers = false;
  #waiting: WaitingFrame[] = [];
  #waitingBytes = 0;

  constructor(peer: Peer, ownIdIsSmaller: boolean, acceptedAreProven: boolean) {
    this.peer = peer;
    this.#ownIdIsSmaller = ownIdIsSmaller;
    this.#acceptedAreProven = acceptedAreProven;
  }

  get isUnused(): boolean {
    return this.#links.length === 0 && !this.dialling && this.#waiting.length === 0;
  }

  /** The link for new calls, if one is up. */
  get kept(): Link | undefined {
    if (!this.#acceptedAreProven) return this.#links.find(({ dialledByUs }) => dialledByUs);
    const [first, second] = this.#links;
    if (first === undefined || second === undefined) return first;
    return first.dialledByUs === this.#ownIdIsSmaller ? first : second;
  }

  /** The link for new calls, else one on which there are only answers. */
  get anyLink(): Link | undefined {
    return this.kept ?? this.#links[0];
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  /** Takes in a link that is up; @returns the link that it replaces */
  add(link: Link): Link | undefined {
    const older = this.#links.find((one) => this.#isSameDiallers(one, link));
    this.#links.push(link);
    return older;
  }

  /** @returns the own calls that were open on the link and will have no answer */
  remove(link: Link): readonly CallId[] {
    const at = this.#links.indexOf(link);
    if (at >= 0) this.#links.splice(at, 1);
    const lost = callsOn(this.#ours, link);
    for (const call of lost) this.#ours.delete(call);
    for (const call of callsOn(this.#theirs, link)) this.#theirs.delete(call);
    return lost;
  }

  /** Sends a request on the kept link; false when there is none or it takes nothing more. */
  sendRequest(call: CallId, frame: Uint8Array, now: number): boolean {
    const link = this.kept;
    if (link === undefined || link.waitingBytes > LINK_FULL_BYTES) return false;
    this.#ours.set(call, { link, at: now });
    link.usedAt = now;
    link.send(frame);
    return true;
  }

  /** Keeps a request for the link being dialled; false when too much waits already. */
  queueRequest(waiting: WaitingFrame): boolean {
    if (this.#waiting.length >= FRAMES_WAITING_MAX) return false;
    if (this.#waitingBytes + waiting.frame.length > BYTES_WAITING_MAX) return false;
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.frame.length;
    return true;
  }

  /** Whether the call of a request that waits may still be open. */
  isAwaited(now: number): boolean {
    return now - (this.#waiting.at(-1)?.at ?? -Infinity) < CALL_MS_MAX;
  }

  takeWaiting(): readonly WaitingFrame[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return waiting;
  }

  /** Sends a reply on the link of its request; false when that link is gone. */
  sendReply(call: CallId, frame: Uint8Array, now: number): boolean {
    const open = this.#theirs.get(call);
    if (open === undefined) return false;
    this.#theirs.delete(call);
    open.link.usedAt = now;
    open.link.send(open.sent === call ? frame : renumbered(frame, open.sent));
    return true;
  }

  /** Notes a request; @returns the number that it goes by here, nothing when it is no new call */
  openTheirs(sent: CallId, link: Link, now: number): CallId | undefined {
    if (this.#theirs.size >= PEER_CALLS_MAX || this.#isOpen(sent, link)) return undefined;
    let call = sent;
    while (this.#theirs.has(call)) call = (call + 1) >>> 0;
    if (call !== sent) this.#renumbers = true;
    this.#theirs.set(call, { link, at: now, sent });
    return call;
  }

  /** Whether a reply on this link answers a call that is open on it; the call ends with it. */
  closeOurs(call: CallId, link: Link, now: number): boolean {
    const open = this.#ours.get(call);
    if (open?.link !== link) return false;
    const tookMs = now - open.at;
    this.roundTripMs = (7 * (this.roundTripMs ?? tookMs) + tookMs) / 8;
    return this.#ours.delete(call);
  }

  /** Cuts each link on which nothing was heard since a call of ours was sent, so long ago. */
  cutSilent(now: number, silentMs: number): void {
    for (const link of [...this.#links]) {
      const isCut = [...this.#ours.values()].some(
        (open) => open.link === link && open.at >= link.heardAt && now - open.at > silentMs,
      );
      if (isCut) link.cut('no answer in time');
    }
  }

  /**
   * Forgets calls that nobody answered and judges the deadlines of each link.
   *
   * @param attentiveMs for how long this process has not stood still
   */
  sweep(now: number, attentiveMs: number): void {
    forgetOld(this.#ours, now);
    forgetOld(this.#theirs, now);
    if (attentiveMs > LINK_SILENT_MS_MAX) this.cutSilent(now, LINK_SILENT_MS_MAX);
    for (const link of [...this.#links]) {
      link.sweep(now, attentiveMs);
      if (!link.isUp || this.#isBusy(link)) continue;
      const unusedMs = now - link.usedAt;
      if (link !== this.kept && this.#acceptedAreProven) {
        if (unusedMs > DUPLICATE_LINGER_MS) link.goodbye('duplicate');
      } else if (unusedMs > LINK_IDLE_MS_MAX) {
        link.goodbye('idle');
      }
    }
  }

  #isSameDiallers(one: Link, link: Link): boolean {
    if (one.dialledByUs !== link.dialledByUs) return false;
    if (this.#acceptedAreProven || link.dialledByUs) return true;
    return Buffer.compare(one.proven.certificate, link.proven.certificate) === 0;
  }

  /** Whether a request with this number of the peer's is open on this link. */
  #isOpen(sent: CallId, link: Link): boolean {
    const isIt = (open: TheirCall): boolean => open.link === link && open.sent === sent;
    const usual = this.#theirs.get(sent);
    if (usual !== undefined && isIt(usual)) return true;
    return this.#renumbers && [...this.#theirs.values()].some(isIt);
  }

  #isBusy(link: Link): boolean {
    return callsOn(this.#ours, link).length > 0 || callsOn(this.#theirs, link).length > 0;
  }
}

/** A frame as it is when it leaves so much later. */
export type AgedFrame = (byMs: number) => Uint8Array;

export interface WaitingFrame {
  readonly call: CallId;
  readonly frame: Uint8Array;
  readonly later: AgedFrame | undefined;
  /** Since when; monotonic ms. */
  readonly at: number;
}

interface OpenCall {
  readonly link: Link;
  readonly at: number;
}

interface TheirCall extends OpenCall {
  /** The number that the peer gave it. */
  readonly sent: CallId;
}

/** The frame with another call number, which stands behind length and code. */
function renumbered(frame: Uint8Array, call: CallId): Uint8Array {
  const bytes = Buffer.from(frame);
  bytes.writeUInt32BE(call, CALL_AT);
  return bytes;
}

function callsOn(calls: ReadonlyMap<CallId, OpenCall>, link: Link): CallId[] {
  const found: CallId[] = [];
  for (const [call, open] of calls) if (open.link === link) found.push(call);
  return found;
}

/** Calls stand in the order in which they were opened, so the old ones come first. */
function forgetOld(calls: Map<CallId, OpenCall>, now: number): void {
  for (const [call, open] of calls) {
    if (now - open.at < CALL_FORGET_MS) return;
    calls.delete(call);
  }
}

const CALL_AT = 6;
