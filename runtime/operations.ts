/**
 * Operations as promises: a command goes into the core with a number, its outcome comes back with
 * that number, and whoever asked gets it with the bytes that belong to it.
 *
 * Invariants: each operation ends exactly once, at the latest when the node stops; the value of a
 * found record is fetched in the very step that settles it, while its message is still held; the
 * bytes of a PUT are let go when it ends. Rule: a node that has just stood still holds what may
 * have been overwritten meanwhile, so it answers no GET while too many of those it asks are silent.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { keyOf } from '../host/admit.ts';
import type { Edge } from '../host/admit.ts';
import { assert, assertNever } from '../src/assert.ts';
import { majorityOf } from '../src/majority.ts';
import type { Command, Failure, Input, Outcome } from '../src/step-types.ts';
import type { OpId, Peer, Position } from '../src/types.ts';
import type { PutStatus } from '../src/wire-types.ts';
import { ASK_AGAIN_MS, OPERATIONS_WAITING_MS_MAX } from './bounds.ts';
import type { Watch } from './ground.ts';
import type { Values } from './records/values.ts';
import type { Slices } from './slices.ts';
import { Turns } from './turns.ts';

export interface PutOptions {
  /** Seconds; 0 means the configured default. */
  readonly ttlS?: number;
  /** Replicas; 0 means the configured default. */
  readonly replication?: number;
}

export interface PutResult {
  readonly status: PutStatus;
  /** Nodes that said that the record is on their disk. */
  readonly holders: readonly Peer[];
  readonly wanted: number;
  /** 0 when it was not stored. */
  readonly version: number;
  readonly outcome: Outcome;
}

interface Result {
  /** Nothing when no record was found, or sought. */
  readonly value: Uint8Array | undefined;
  readonly outcome: Outcome;
  /** Not begun, for who asked takes no answer now: it may be asked again. */
  readonly isPutOff?: boolean;
}

/** For whom an operation is: those who ask take turns. */
export interface Asker {
  readonly who: object;
  /** Whether an answer is taken, asked when the turn of a GET has come. */
  readonly takes?: () => boolean;
  /** Whether nobody is told of the end: it is worth doing however late its turn comes. */
  readonly isPatient?: () => boolean;
  /** Told the number of the operation when it begins. */
  readonly begun?: (op: OpId) => void;
}

export class Operations {
  readonly #feed: (input: Input) => void;
  readonly #edge: Pick<Edge, 'hash'>;
  readonly #values: Values;
  readonly #watch: Pick<Watch, 'operation'>;
  readonly #isRecovering: () => boolean;
  /** Whether anybody has ever answered a question. */
  #hasPeers = false;
  readonly #open = new Map<OpId, (result: Result) => void>();
  /** The open ones that a client waits for. */
  #asked = 0;
  readonly #onIdle: (() => void)[] = [];
  #lastOp: OpId = 0;
  /** Reads do not wait behind writes, which take longer and come in bursts. */
  readonly #reads: Turns<object>;
  readonly #writes: Turns<object>;
  /** Asks for what is not for a client. */
  readonly #own: Asker = { who: this };
  #stopped = false;

  constructor(
    feed: (input: Input) => void,
    edge: Pick<Edge, 'hash'>,
    values: Values,
    slices: Slices,
    watch: Pick<Watch, 'operation'>,
    isRecovering: () => boolean,
  ) {
    this.#isRecovering = isRecovering;
    this.#watch = watch;
    // What begins does so in a slice: so the time of many short ones in a row is counted.
    const run = (begin: () => void): void => {
      slices.run(begin);
    };
    this.#reads = new Turns(run);
    this.#writes = new Turns(run);
    this.#feed = feed;
    this.#edge = edge;
    this.#values = values;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Whether an operation of this one is not refused because too many wait. */
  hasRoom(who: object): boolean {
    return this.#reads.hasRoom(who) && this.#writes.hasRoom(who);
  }

  /** Whether PUTs are refused because too many bytes of values are held. */
  isFull(): boolean {
    return this.#values.isFull;
  }

  /** Resolves when no client waits for an operation, or after a time; @returns whether none does */
  whenIdle(limitMs: number): Promise<boolean> {
    if (this.#asked === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs, false);
      this.#onIdle.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  async get(key: Uint8Array, by: Asker = this.#own): Promise<GetResult> {
    return await this.#ask({ type: 'get', key: keyOf(this.#edge, key) }, by);
  }

  /** The value must not be changed until the promise is settled. */
  async put(
    key: Uint8Array,
    value: Uint8Array,
    options: PutOptions = {},
    by: Asker = this.#own,
  ): Promise<PutResult> {
    const { ttlS = 0, replication = 0 } = options;
    const command: Command = {
      type: 'put',
      key: keyOf(this.#edge, key),
      size: value.length,
      replication,
      ttlS,
    };
    const { outcome } = await this.#ask(command, by, value);
    return resultOf(outcome);
  }

  async lookup(target: Position): Promise<Outcome> {
    return (await this.#ask({ type: 'lookup', target }, this.#own)).outcome;
  }

  /** What the node does for itself: nobody waits for it, and it is not counted. */
  async run(command: Own): Promise<Outcome> {
    return (await new Promise<Result>((done) => this.#begin(this.#nextOp(), command, done)))
      .outcome;
  }

  /** The core is done with an operation. */
  settle(op: OpId, outcome: Outcome): void {
    const done = this.#open.get(op);
    assert(done !== undefined, 'an operation is settled once');
    this.#open.delete(op);
    const value = outcome.type === 'found' ? this.#values.valueOf(outcome.record) : undefined;
    this.#hasPeers ||= 'trail' in outcome && outcome.trail.replies > 0;
    done({ value, outcome });
  }

  /** Ends what is still open; nothing begins after it. */
  stop(): void {
    this.#stopped = true;
    for (const op of [...this.#open.keys()]) this.settle(op, failed('leaving'));
  }

  /**
   * Runs an operation of a client when its turn has come: a burst that all went out at once would
   * make the network look slow, and its calls would miss their deadlines.
   */
  async #ask(command: Command, by: Asker, value?: Uint8Array): Promise<Result> {
    const begunAt = performance.now();
    this.#asked += 1;
    let result: Result;
    try {
      result = await this.#askInTurn(command, by, value);
      while (command.type === 'get' && this.#isRecovering() && this.#isDoubtful(result)) {
        await delay(ASK_AGAIN_MS);
        result = await this.#askInTurn(command, by);
      }
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0) for (const resume of this.#onIdle.splice(0)) resume();
    }
    const seconds = (performance.now() - begunAt) / 1000;
    if (result.isPutOff !== true) {
      this.#watch.operation?.(command.type, result.outcome.type, seconds);
    }
    return result;
  }

  async #askInTurn(command: Command, by: Asker, value?: Uint8Array): Promise<Result> {
    const turns = command.type === 'put' ? this.#writes : this.#reads;
    if (value !== undefined && this.isFull()) return OVERRUN;
    const op = this.#nextOp();
    let done: (result: Result) => void = () => undefined;
    const result = new Promise<Result>((resolve) => {
      done = resolve;
    });
    const askedAt = performance.now();
    const begin = (): void => {
      if (command.type === 'get' && by.takes?.() === false) return done(PUT_OFF);
      const isLate = performance.now() - askedAt > OPERATIONS_WAITING_MS_MAX;
      if (isLate && by.isPatient?.() !== true) return done(OVERRUN);
      by.begun?.(op);
      if (command.type === 'get') this.#values.beginGet(op, command.key);
      this.#begin(op, command, done);
    };
    if (value !== undefined) this.#values.beginPut(op, value);
    if (!turns.ask(by.who, begin)) {
      this.#values.endPut(op);
      return OVERRUN;
    }
    try {
      return await result;
    } finally {
      this.#values.endPut(op);
      this.#values.endGet(op);
      turns.over();
    }
  }

  /** Whether too few others were heard for a majority, and that because they are silent. */
  #isDoubtful({ outcome }: Result): boolean {
    if (outcome.type !== 'found' && outcome.type !== 'absent') return false;
    const { requests, replies } = outcome.trail;
    const needed = outcome.type === 'found' ? majorityOf(outcome.record.replication) - 1 : 1;
    const areSilent = requests === 0 ? this.#hasPeers : 2 * replies < requests;
    return replies < needed && areSilent;
  }

  #begin(op: OpId, command: Command, done: (result: Result) => void): void {
    if (this.#stopped) return done({ value: undefined, outcome: failed('leaving') });
    this.#open.set(op, done);
    this.#feed({ type: 'command', op, command });
  }

  #nextOp(): OpId {
    this.#lastOp += 1;
    return this.#lastOp;
  }
}

/** What comes of an operation of any kind: who reads is told all of it. */
export type GetResult = Result;

type Own = Extract<Command, { readonly type: 'join' | 'leave' | 'lookup' }>;

function resultOf(outcome: Outcome): PutResult {
  if (outcome.type === 'stored') {
    const { holders, wanted, record } = outcome;
    return { status: 'good', holders, wanted, version: record.version, outcome };
  }
  assert(outcome.type === 'failed', 'a PUT ends stored or failed');
  const { holders, wanted, failure } = outcome;
  return { status: statusOf(failure), holders, wanted, version: 0, outcome };
}

/** The word of the client API for it. */
export function statusOf(failure: Failure): Exclude<PutStatus, 'good'> {
  switch (failure) {
    case 'too-many-operations':
      return 'busy';
    case 'no-peers':
    case 'timed-out':
    case 'too-few-replicas':
    case 'full':
    case 'leaving':
    case 'invalid':
      return failure;
    default:
      return assertNever(failure);
  }
}

function failed(failure: Failure): Outcome {
  const trail = { nearest: [], responders: [], namedBy: [], requests: 0, replies: 0 };
  return { type: 'failed', failure, holders: [], wanted: 0, trail };
}

const OVERRUN: Result = { value: undefined, outcome: failed('too-many-operations') };
const PUT_OFF: Result = { ...OVERRUN, isPutOff: true };
