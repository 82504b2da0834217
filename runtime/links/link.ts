/**
 * One authenticated connection to a peer: hello, frames, back-pressure, deadlines, goodbye
 * (docs/wire.md, Links). It knows frames and nothing of calls or of other links.
 *
 * Rule: a finished handshake is not enough, because the other side may still refuse our
 * certificate; the link is up when its hello came. Invariants: our hello is the first frame that
 * leaves; it ends exactly once, with a reason; frames are not read while the other side does not
 * take ours; input kept is at most one frame and one chunk. Frames of one burst leave in one write.
 */
import type { TLSSocket } from 'node:tls';
import { decodePeer, encodePeer } from '../../src/codec/peer.ts';
import type { GoodbyeReason, WireHello, WireMessage } from '../../src/wire-types.ts';
import { FRAME_MS_MAX, GOODBYE_MS_MAX, HANDSHAKE_MS_MAX, LINK_PAUSE_BYTES } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import type { ProvenPeer } from '../identity/identity.ts';
import { reasonOf } from '../log.ts';
import { createReader } from '../stream.ts';

/** A frame that belongs to a call. */
export type CallFrame = Extract<WireMessage, { readonly type: 'request' | 'reply' }>;

export interface LinkEvents {
  /** The other side's hello came; a reason returned refuses it. */
  readonly onHello: (link: Link, hello: WireHello) => GoodbyeReason | undefined;
  readonly onFrame: (link: Link, frame: CallFrame) => void;
  /** A request of a kind that is not known here. */
  readonly onUnknownRequest: (link: Link, call: number) => void;
  /** Once, whatever the cause; the reason is fit for a log line. */
  readonly onEnd: (link: Link, reason: string) => void;
}

export class Link {
  /** Who is at the other end, by the certificate of the handshake. */
  readonly proven: ProvenPeer;
  readonly dialledByUs: boolean;
  /** When it last had something to do with a call; monotonic ms. */
  usedAt: number;
  readonly #socket: TLSSocket;
  readonly #events: LinkEvents;
  readonly #reader = createReader(decodePeer);
  #phase: 'greeting' | 'up' | 'ended' = 'greeting';
  #paused = false;
  #corked = false;
  #openedAt: number;
  /** When the first byte of an unfinished frame came; 0 for none. */
  #frameAt = 0;

  constructor(socket: TLSSocket, proven: ProvenPeer, dialledByUs: boolean, events: LinkEvents) {
    this.proven = proven;
    this.dialledByUs = dialledByUs;
    this.#socket = socket;
    this.#events = events;
    this.#openedAt = monotonicMs();
    this.usedAt = this.#openedAt;
    socket.on('error', (error) => {
      this.#finish(reasonOf(error));
    });
    socket.on('close', () => {
      this.#finish('closed');
    });
    socket.on('end', () => {
      this.#finish('closed by the peer');
    });
    socket.on('drain', () => {
      this.#pump();
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.#phase === 'ended') return;
      this.#reader.push(chunk);
      this.#pump();
    });
  }

  /** Says hello; called once, before anything else. */
  greet(hello: WireHello): void {
    this.#write(encodePeer(hello));
  }

  get isUp(): boolean {
    return this.#phase === 'up';
  }

  /** Bytes that the other side has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  send(frame: Uint8Array): void {
    if (this.#phase === 'ended') return;
    this.#write(frame);
  }

  /** Says why and closes; the link has ended when this returns. */
  goodbye(reason: GoodbyeReason, detail: string = reason): void {
    if (this.#phase === 'ended') return;
    this.#write(encodePeer({ type: 'goodbye', reason }));
    this.#finish(detail);
  }

  /** Judges the deadlines of the link itself, and the certificate at its other end. */
  sweep(now: number): void {
    if (Date.now() > this.proven.notAfterMs) {
      this.goodbye('identity', 'the certificate of the peer has expired');
    } else if (this.#phase === 'greeting' && now - this.#openedAt > HANDSHAKE_MS_MAX) {
      this.#destroy('no hello in time');
    } else if (this.#frameAt > 0 && now - this.#frameAt > FRAME_MS_MAX) {
      this.goodbye('malformed', 'a frame took too long');
    }
  }

  /** Takes the frames that came, for as long as the other side takes ours. */
  #pump(): void {
    let taken = false;
    while (this.#phase !== 'ended') {
      if (this.#socket.writableLength > LINK_PAUSE_BYTES) {
        this.#pause();
        return;
      }
      const decoded = this.#reader.next();
      if (decoded === undefined) break;
      taken = true;
      if (decoded.type === 'malformed') {
        this.goodbye('malformed', `malformed frame: ${decoded.reason}`);
      } else if (decoded.type === 'unknown') {
        if (this.#phase !== 'up') this.goodbye('malformed', 'first frame is no hello');
        else if (decoded.call !== undefined) this.#events.onUnknownRequest(this, decoded.call);
      } else {
        this.#take(decoded.message);
      }
    }
    if (this.#phase === 'ended') return;
    if (this.#reader.waiting() === 0) this.#frameAt = 0;
    else if (taken || this.#frameAt === 0) this.#frameAt = monotonicMs();
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
  }

  #take(message: WireMessage): void {
    if (message.type === 'goodbye') {
      this.#finish(`goodbye: ${message.reason}`);
      return;
    }
    if ((message.type === 'hello') !== (this.#phase === 'greeting')) {
      this.goodbye('malformed', 'hello out of its place');
      return;
    }
    if (message.type !== 'hello') {
      this.usedAt = monotonicMs();
      this.#events.onFrame(this, message);
      return;
    }
    this.#phase = 'up';
    const refusal = this.#events.onHello(this, message);
    if (refusal !== undefined) this.goodbye(refusal, `hello refused: ${refusal}`);
  }

  #pause(): void {
    // Time in which we do not read is not held against the other side.
    this.#frameAt = 0;
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #write(frame: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(frame);
  }

  #destroy(reason: string): void {
    this.#socket.destroy();
    this.#finish(reason);
  }

  #finish(reason: string): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    endSoon(this.#socket);
    this.#events.onEnd(this, reason);
  }
}

/** Closes a connection that never became a link, saying why. */
export function farewell(socket: TLSSocket, reason: GoodbyeReason): void {
  socket.write(encodePeer({ type: 'goodbye', reason }));
  endSoon(socket);
}

function endSoon(socket: TLSSocket): void {
  if (socket.destroyed) return;
  // Reading on lets the other side's end come through; what it says is ignored.
  socket.resume();
  socket.end();
  const cut = setTimeout(() => socket.destroy(), GOODBYE_MS_MAX);
  cut.unref();
  socket.once('close', () => {
    clearTimeout(cut);
  });
}
