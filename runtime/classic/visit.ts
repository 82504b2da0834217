/**
 * One connection of an older node.
 *
 * Bytes are read as a stream, however they are cut or joined, and to their end: a PUT is often the
 * last word. One on which a node has said where it listens stays, for that node keeps it and may
 * speak on it at any time. Invariants: with so many questions that wait nothing more is read; one
 * that does not end a message, or takes no answer, or says nothing and never said where its node
 * listens, is closed.
 */
import type { TLSSocket } from 'node:tls';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import type { CallId } from '../../src/types.ts';
import type { ClassicMessage, Decoded } from '../../src/wire-types.ts';
import { CLASSIC_ASKED_MAX, CLASSIC_IDLE_MS_MAX, LINK_PAUSE_BYTES } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { Intake } from '../intake.ts';
import { hostOf } from '../links/address.ts';
import { endSoon } from '../links/link.ts';
import type { LinkShares } from '../links/link.ts';

interface VisitEvents {
  readonly take: (message: ClassicMessage, waitedMs: number) => void;
  /** It is closed for what came on it. */
  readonly onFault: (reason: string) => void;
  readonly onEnd: () => void;
}

export class Visit {
  readonly serial: string;
  readonly host: string;
  /** It said where it listens: such a connection is kept for what may be said on it later. */
  isOfNode = false;
  /** When bytes last came; monotonic ms. */
  lastAt = monotonicMs();
  /** Those that wait for an answer. */
  readonly #questions = new Set<CallId>();
  readonly #socket: TLSSocket;
  readonly #events: VisitEvents;
  readonly #shares: LinkShares;
  readonly #intake: Intake<ClassicMessage>;
  /** The other side has closed: what came before is still taken. */
  #closed = false;
  #ended = false;

  constructor(socket: TLSSocket, serial: string, shares: LinkShares, events: VisitEvents) {
    this.serial = serial;
    this.host = hostOf(socket.remoteAddress ?? '');
    this.#socket = socket;
    this.#shares = shares;
    this.#events = events;
    this.#intake = new Intake({
      decode: decodeClassic,
      slices: shares.slices,
      isOpen: () => !this.#ended,
      isBlocked: () => this.#isBlocked(),
      pause: () => socket.pause(),
      take: (decoded, waitedMs) => {
        this.#takeDecoded(decoded, waitedMs);
      },
      onIdle: () => {
        if (this.#closed) this.end();
        else if (socket.isPaused()) socket.resume();
      },
      onTurn: () => {
        if (this.#ended) return;
        shares.inputs.note(this.#shed, this.#intake.held, this.#intake.messages);
      },
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#intake.askForTurn();
    });
    socket.on('drain', () => {
      this.#intake.askForTurn();
    });
    socket.on('data', (chunk: Buffer) => {
      this.lastAt = monotonicMs();
      if (!this.#ended) this.#intake.push(chunk);
    });
  }

  /** Those that wait for an answer, by the numbers they go by in the core. */
  get questions(): Iterable<CallId> {
    return this.#questions;
  }

  beginQuestion(call: CallId): void {
    this.#questions.add(call);
  }

  endQuestion(call: CallId): void {
    this.#questions.delete(call);
    if (this.#questions.size === CLASSIC_ASKED_MAX - 1 && !this.#ended) this.#intake.askForTurn();
  }

  write(message: ClassicMessage): void {
    if (!this.#ended && this.#socket.writable) this.#socket.write(encodeClassic(message));
  }

  fail(reason: string): void {
    if (this.#ended) return;
    this.#events.onFault(reason);
    this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#shares.inputs.forget(this.#shed);
    endSoon(this.#socket);
    this.#events.onEnd();
  }

  sweep(now: number): void {
    if (this.#intake.isLate(now)) this.fail('a message took too long');
    else if (now - this.lastAt > CLASSIC_IDLE_MS_MAX && !this.#mayWait()) this.end();
  }

  /** Whether its silence means nothing: it is a node's, and would be read. */
  #mayWait(): boolean {
    return this.isOfNode && !this.#isBlocked();
  }

  #isBlocked(): boolean {
    if (this.#questions.size >= CLASSIC_ASKED_MAX) return true;
    return !this.#closed && this.#socket.writableLength > LINK_PAUSE_BYTES;
  }

  readonly #shed = (): void => {
    this.fail('too many bytes wait for the rest of their messages');
  };

  #takeDecoded(
    decoded: Exclude<Decoded<ClassicMessage>, { readonly type: 'partial' }>,
    waitedMs: number,
  ): void {
    if (decoded.type === 'message') this.#events.take(decoded.message, waitedMs);
    else if (decoded.type === 'malformed') this.fail(`malformed: ${decoded.reason}`);
  }
}
