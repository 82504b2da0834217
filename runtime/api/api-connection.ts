/**
 * One client's connection (docs/wire.md, Client API): requests in, replies out, in the order that
 * it may rely on.
 *
 * Rules: what a client asks about one key is done one after another, so replies about it come in
 * order and a GET sees the PUT before it; other keys run at once. A 650 is never answered. After a
 * half-close what is pending is still answered; a PUT taken in is carried out whatever becomes of
 * the connection. Above the bounds on requests and on bytes not taken, the client is not read.
 * A message must be whole in time, counted while it is read. Connections take turns.
 */
import type { Socket } from 'node:net';
import { decodeClient, encodeClient } from '../../src/codec/client.ts';
import type { ClientMessage, PutStatus } from '../../src/wire-types.ts';
import { CLIENT_PAUSE_BYTES, CLIENT_REQUESTS_MAX, CLIENT_STALL_MS_MAX } from '../bounds.ts';
import { READ_AHEAD_BYTES } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import type { InputBudget } from '../input-budget.ts';
import { Intake } from '../intake.ts';
import { foreignText, reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import type { Slices } from '../slices.ts';

/** What the API needs of a node. */
export interface ClientStore {
  /** Whether one more request of this one is not too much; one that is gets refused. */
  readonly hasRoom: (who: object) => boolean;
  /** Whether PUTs are refused. */
  readonly isFull: () => boolean;
  readonly get: (
    key: Uint8Array,
    by: { readonly who: object; readonly takes: () => boolean },
  ) => Promise<{ readonly value: Uint8Array | undefined; readonly isPutOff?: boolean }>;
  readonly put: (
    key: Uint8Array,
    value: Uint8Array,
    options: { readonly ttlS: number; readonly replication: number },
    by: { readonly who: object; readonly isPatient: () => boolean },
  ) => Promise<{
    readonly status: PutStatus;
    readonly holders: { readonly length: number };
    readonly wanted: number;
    readonly version: number;
  }>;
}

type ClientRequest = Extract<ClientMessage, { readonly type: 'get' | 'put' }>;

/** What the connections of one server have in common. */
export interface ClientShares {
  readonly store: ClientStore;
  readonly slices: Slices;
  readonly inputs: InputBudget;
  readonly log: Log;
}

export class ClientConnection {
  readonly #socket: Socket;
  readonly #shares: ClientShares;
  readonly #intake: Intake<ClientMessage>;
  readonly #reader = { who: this, takes: () => !this.#closed && this.#hasRoom() };
  /** The last job of each key that has one. */
  readonly #tails = new Map<string, Promise<void>>();
  /** GETs for whose answers there is no room. */
  readonly #atRoom: (() => void)[] = [];
  #inFlight = 0;
  /** Bytes of PUTs that wait for an earlier request about their key: nobody else counts them. */
  #behindBytes = 0;
  /** No more requests will be taken: the client or the node has said so. */
  #ended = false;
  #closed = false;
  /** When the client last took bytes that waited for it. */
  #takenAt = 0;

  constructor(socket: Socket, shares: ClientShares) {
    this.#socket = socket;
    this.#shares = shares;
    this.#intake = new Intake({
      decode: decodeClient,
      slices: shares.slices,
      isOpen: () => !this.#closed,
      isBlocked: () => this.#isBlocked(),
      pause: () => {
        // What it keeps while it is not read counts for nothing: a client that waits for us cannot
        // end its message, and is not to be cut for that. It is no more than what is read ahead.
        shares.inputs.forget(this.cut);
        socket.pause();
      },
      take: (decoded) => {
        if (decoded.type === 'malformed') this.#close(`malformed message: ${decoded.reason}`);
        else if (decoded.type === 'unknown') this.#close(`unknown code ${decoded.code}`);
        else this.#take(decoded.message);
      },
      onIdle: () => {
        this.#waitForMore();
      },
    });
    socket.on('error', (error) => {
      shares.log.debug({ reason: reasonOf(error) }, 'client failed');
    });
    socket.on('close', () => {
      this.cut();
    });
    socket.on('drain', () => {
      this.#intake.askForTurn();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#intake.askForTurn();
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.#closed || this.#ended) return;
      this.#intake.push(chunk);
    });
  }

  /** Cuts a client that has not taken a byte for too long, or not finished a message. */
  sweep(now: number): void {
    if (this.#intake.isLate(now)) this.#close('a message took too long');
    if (this.#socket.writableLength === 0) return;
    if (now - this.#takenAt > CLIENT_STALL_MS_MAX) this.#close('takes no replies');
  }

  /** Takes no more requests and ends when those taken in are answered. */
  finish(): void {
    this.#ended = true;
    this.#socket.pause();
    this.#intake.askForTurn();
  }

  readonly cut = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#shares.inputs.forget(this.cut);
    this.#socket.destroy();
    this.#goOn();
  };

  /** All whole messages are taken. */
  #waitForMore(): void {
    this.#shares.inputs.note(this.cut, this.#intake.held, this.#intake.messages);
    if (this.#closed) return;
    const isOver = this.#ended && this.#inFlight === 0;
    if (isOver) this.#socket.end();
    // After our end too: reading on lets the client's own end come through.
    if (isOver || !this.#ended) this.#socket.resume();
  }

  #isBlocked(): boolean {
    if (this.#inFlight >= CLIENT_REQUESTS_MAX) return true;
    if (this.#behindBytes > READ_AHEAD_BYTES) return true;
    // Who waits for answers can wait with the next question: to refuse it would cost us more.
    const { store } = this.#shares;
    if (this.#inFlight > 0 && (store.isFull() || !store.hasRoom(this))) return true;
    return !this.#hasRoom();
  }

  /** How many more answers fit into what may wait for the client, however long they are. */
  #room(): number {
    return Math.floor((CLIENT_PAUSE_BYTES - this.#socket.writableLength) / ANSWER_BYTES_MAX);
  }

  #hasRoom(): boolean {
    return this.#room() >= 1;
  }

  /** As many of those that wait for room as there is room for, or all when nobody is answered. */
  #goOn(): void {
    const count = this.#closed ? this.#atRoom.length : Math.max(0, this.#room());
    for (const resume of this.#atRoom.splice(0, count)) resume();
  }

  #take(message: ClientMessage): void {
    if (message.type !== 'get' && message.type !== 'put') {
      this.#close(`a message that only nodes send: ${message.type}`);
      return;
    }
    this.#inFlight += 1;
    const name = Buffer.from(message.key).toString('latin1');
    const before = this.#tails.get(name);
    const bytes = before !== undefined && message.type === 'put' ? message.value.length : 0;
    this.#behindBytes += bytes;
    const job = (): Promise<void> => {
      this.#behindBytes -= bytes;
      return this.#carryOut(message);
    };
    const tail = (before === undefined ? job() : before.then(job)).catch((error: unknown) => {
      this.#close(`request failed: ${reasonOf(error)}`);
    });
    this.#tails.set(name, tail);
    void tail.then(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
      this.#inFlight -= 1;
      this.#goOn();
      this.#intake.askForTurn();
    });
  }

  async #carryOut(message: ClientRequest): Promise<void> {
    const { key } = message;
    if (message.type === 'get') {
      const value = await this.#read(key);
      this.#reply(value === undefined ? { type: 'failure', key } : { type: 'success', key, value });
      return;
    }
    const { ttlS, replication, value, checked } = message;
    const by = { who: this, isPatient: () => !checked || this.#closed };
    const result = await this.#shares.store.put(key, value, { ttlS, replication }, by);
    if (!checked) return;
    const { status, version } = result;
    const holders = Math.min(result.holders.length, U8_MAX);
    const wanted = Math.min(result.wanted, U8_MAX);
    this.#reply({ type: 'put-result', key, status, holders, wanted, version });
  }

  /**
   * A GET begins only when its answer has room: what is not taken is not fetched either. It waits
   * for others of this connection, or for the client: `#goOn` when one of them is done.
   */
  async #read(key: Uint8Array): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      if (this.#hasRoom() && this.#shares.store.hasRoom(this)) {
        const { value, isPutOff } = await this.#shares.store.get(key, this.#reader);
        if (isPutOff !== true) return value;
      } else {
        await new Promise<void>((resolve) => this.#atRoom.push(resolve));
      }
    }
  }

  #reply(message: ClientMessage): void {
    if (this.#closed) return;
    if (this.#socket.writableLength === 0) this.#takenAt = monotonicMs();
    this.#socket.write(encodeClient(message), () => {
      this.#takenAt = monotonicMs();
      this.#goOn();
    });
  }

  #close(reason: string): void {
    if (this.#closed) return;
    const from = this.#socket.remoteAddress;
    this.#shares.log.warn({ from, reason: foreignText(reason) }, 'client closed');
    this.cut();
  }
}

const U8_MAX = 255;
/** No message is longer. */
const ANSWER_BYTES_MAX = 65_535;
