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
import type { Peer } from '../../src/types.ts';
import type { Decoded, GoodbyeReason, WireHello, WireMessage } from '../../src/wire-types.ts';
import { GOODBYE_MS_MAX, HANDSHAKE_MS_MAX, LINK_PAUSE_BYTES } from '../bounds.ts';
import { LINK_STALL_MS_MAX } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import type { ProvenPeer } from '../identity/proof.ts';
import type { InputBudget } from '../input-budget.ts';
import { Intake } from '../intake.ts';
import { reasonOf } from '../log.ts';
import type { Slices } from '../slices.ts';

/** A frame that belongs to a call. */
export type CallFrame = Extract<WireMessage, { readonly type: 'request' | 'reply' }>;

/** @param waitedMs how long ago the frame was read from the connection */
export type FrameReceiver = (from: Peer, frame: CallFrame, waitedMs: number) => void;

/** What a link shares with the others. */
export interface LinkShares {
  readonly slices: Slices;
  readonly inputs: InputBudget;
}

export interface LinkEvents {
  /** The other side's hello came; a reason returned refuses it. */
  readonly onHello: (link: Link, hello: WireHello) => GoodbyeReason | undefined;
  /** @param waitedMs how long ago it was read from the connection */
  readonly onFrame: (link: Link, frame: CallFrame, waitedMs: number) => void;
  /** A request of a kind that is not known here. */
  readonly onUnknownRequest: (link: Link, call: number) => void;
  /** Once, whatever the cause; the reason is fit for a log line. */
  readonly onEnd: (link: Link, reason: string) => void;
}

export class Link {
  /** Who is at the other end, by the certificate of the handshake. */
  readonly proven: ProvenPeer;
  readonly dialledByUs: boolean;
  /** The address at its other end. */
  readonly farHost: string;
  /** When it last had something to do with a call; monotonic ms. */
  usedAt: number;
  /** When bytes last came, or could not because we did not read; monotonic ms. */
  heardAt: number;
  readonly #socket: TLSSocket;
  readonly #events: LinkEvents;
  readonly #shares: LinkShares;
  readonly #intake: Intake<WireMessage>;
  #phase: 'greeting' | 'up' | 'ended' = 'greeting';
  #paused = false;
  #corked = false;
  #writtenBytes = 0;
  /** What the other side had taken of that at the last sweep, and since when no more. */
  #takenBytes = 0;
  #takenAt: number;
  /** Monotonic ms. */
  readonly openedAt: number;

  constructor(
    socket: TLSSocket,
    proven: ProvenPeer,
    dialledByUs: boolean,
    shares: LinkShares,
    events: LinkEvents,
  ) {
    this.proven = proven;
    this.dialledByUs = dialledByUs;
    this.farHost = socket.remoteAddress ?? '';
    this.#socket = socket;
    this.#shares = shares;
    this.#events = events;
    this.openedAt = monotonicMs();
    this.usedAt = this.openedAt;
    this.heardAt = this.openedAt;
    this.#takenAt = this.openedAt;
    this.#intake = new Intake({
      decode: decodePeer,
      slices: shares.slices,
      isOpen: () => this.#phase !== 'ended',
      isBlocked: () => socket.writableLength > LINK_PAUSE_BYTES,
      pause: () => {
        this.#pause();
      },
      take: (decoded, waitedMs) => {
        this.#takeDecoded(decoded, waitedMs);
      },
      onIdle: () => {
        this.#resume();
      },
      onTurn: () => {
        if (this.#phase === 'ended') return;
        shares.inputs.note(this.#shed, this.#intake.held, this.#intake.messages);
      },
    });
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
      this.#intake.askForTurn();
    });
    socket.on('data', (chunk: Buffer) => {
      this.heardAt = monotonicMs();
      if (this.#phase !== 'ended') this.#intake.push(chunk);
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

  /**
   * Judges the deadlines of the link itself, and the certificate at its other end.
   *
   * @param attentiveMs for how long this process has not stood still
   */
  sweep(now: number, attentiveMs: number): void {
    this.#noteTaken(now);
    if (Date.now() > this.proven.notAfterMs) {
      this.goodbye('identity', 'the certificate of the peer has expired');
    } else if (this.#phase === 'greeting' && now - this.openedAt > HANDSHAKE_MS_MAX) {
      this.#destroy('no hello in time');
    } else if (this.#intake.isLate(now)) {
      this.goodbye('malformed', 'a frame took too long');
    } else if (Math.min(now - this.#takenAt, attentiveMs) > LINK_STALL_MS_MAX) {
      this.#destroy('no byte taken in time');
    }
  }

  /** Ends the link without a word: the other side would not take it. */
  cut(reason: string): void {
    this.#destroy(reason);
  }

  readonly #shed = (): void => {
    this.#destroy('too many bytes wait for the rest of their frames');
  };

  #takeDecoded(
    decoded: Exclude<Decoded<WireMessage>, { readonly type: 'partial' }>,
    waitedMs: number,
  ): void {
    if (decoded.type === 'malformed') {
      this.goodbye('malformed', `malformed frame: ${decoded.reason}`);
    } else if (decoded.type === 'unknown') {
      if (this.#phase !== 'up') this.goodbye('malformed', 'first frame is no hello');
      else if (decoded.call !== undefined) this.#events.onUnknownRequest(this, decoded.call);
    } else {
      this.#take(decoded.message, waitedMs);
    }
  }

  #take(message: WireMessage, waitedMs: number): void {
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
      this.#events.onFrame(this, message, waitedMs);
      return;
    }
    this.#phase = 'up';
    const refusal = this.#events.onHello(this, message);
    if (refusal !== undefined) this.goodbye(refusal, `hello refused: ${refusal}`);
  }

  /** While we do not read, its silence says nothing: then it is to take what waits for it. */
  #noteTaken(now: number): void {
    if (this.#paused) this.heardAt = now;
    const takenBytes = this.#writtenBytes - this.waitingBytes;
    const isAwaited = this.#paused && this.waitingBytes > LINK_PAUSE_BYTES;
    if (!isAwaited || takenBytes !== this.#takenBytes) this.#takenAt = now;
    this.#takenBytes = takenBytes;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
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
    this.#writtenBytes += frame.length;
  }

  #destroy(reason: string): void {
    this.#socket.destroy();
    this.#finish(reason);
  }

  #finish(reason: string): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#shares.inputs.forget(this.#shed);
    endSoon(this.#socket);
    this.#events.onEnd(this, reason);
  }
}

/** Closes a connection that never became a link, saying why. */
export function farewell(socket: TLSSocket, reason: GoodbyeReason): void {
  socket.write(encodePeer({ type: 'goodbye', reason }));
  endSoon(socket);
}

/** Ends a connection, and cuts it where the other side does not. */
export function endSoon(socket: TLSSocket): void {
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
