/**
 * The event queue: a hierarchical timing wheel (Varghese and Lauck, 1987) before a small exact
 * heap. The wheel's slots are 1.024 ms wide and unordered; the slot whose turn has come is moved
 * into the heap, which orders by (time, receiver, sender, sender's counter). So the order is total
 * and does not depend on the order of pushes, and the heap stays small enough for the cache.
 *
 * Times are whole microseconds. Events are rows of one buffer; the payloads are beside them in a
 * plain array. Cost: see the queue suite of `npm run bench`.
 */

import type { Ahead } from './ahead.ts';

const SLOT_US = 1024;
const SLOTS = 4096;
const NONE = -1;
const EVENTS_MIN = 1024;

/** A row of 32 bytes, so that an event is one cache line: time, then words at these places. */
const ROW_DOUBLES = 4;
const ROW_WORDS = 8;
const RECEIVER = 2;
const SENDER = 3;
const COUNTER = 4;
const KIND = 5;
const NEXT = 6;

export class EventQueue {
  /** The event that `next` took out. */
  time = 0;
  receiver = 0;
  sender = 0;
  kind = 0;
  payload: unknown = undefined;

  /** Events pending. */
  size = 0;

  /** Two views of the events' rows: the time is the first of four doubles of a row. */
  #times = new Float64Array(ROW_DOUBLES * EVENTS_MIN);
  #words = new Int32Array(this.#times.buffer);
  readonly #payloads: unknown[] = [];
  #free = NONE;
  #used = 0;

  /** Fine slots of the next 4 s, coarse ones of the next 4.7 h, and everything later. */
  readonly #fine = new Int32Array(SLOTS).fill(NONE);
  readonly #coarse = new Int32Array(SLOTS).fill(NONE);
  #late = NONE;
  #fineCount = 0;
  #coarseCount = 0;
  /** The fine slot whose events are in the heap, counted from time 0. */
  #now = 0;

  #heap = new Int32Array(256);
  #heapSize = 0;

  /** The receivers of the slot whose turn has come. */
  #receivers = new Int32Array(256);
  readonly #ahead: Ahead | undefined;

  /** @param ahead is told whom the events of a slot are for, before the first is taken out */
  constructor(ahead?: Ahead) {
    this.#ahead = ahead;
  }

  push(
    time: number,
    receiver: number,
    sender: number,
    counter: number,
    kind: number,
    payload: unknown,
  ): void {
    const event = this.#take();
    const at = event * ROW_WORDS;
    this.#times[event * ROW_DOUBLES] = time;
    this.#words[at + RECEIVER] = receiver;
    this.#words[at + SENDER] = sender;
    this.#words[at + COUNTER] = counter;
    this.#words[at + KIND] = kind;
    this.#payloads[event] = payload;
    this.#place(event, time);
    this.size++;
  }

  /** Shows every pending event, in no order. */
  forEach(
    show: (
      time: number,
      receiver: number,
      sender: number,
      counter: number,
      kind: number,
      payload: unknown,
    ) => void,
  ): void {
    const free = new Set<number>();
    for (let event = this.#free; event !== NONE; event = this.#following(event)) free.add(event);
    for (let event = 0; event < this.#used; event++) {
      if (free.has(event)) continue;
      const [receiver = 0, sender = 0, counter = 0, kind = 0] = this.#words.subarray(
        event * ROW_WORDS + RECEIVER,
        event * ROW_WORDS + KIND + 1,
      );
      show(this.#timeOf(event), receiver, sender, counter, kind, this.#payloads[event]);
    }
  }

  /** Takes the earliest event out into the fields above; false when there is none. */
  next(): boolean {
    if (this.size === 0) return false;
    while (this.#heapSize === 0) this.#advance();
    const event = this.#popHeap();
    const at = event * ROW_WORDS;
    this.time = this.#timeOf(event);
    this.receiver = this.#words[at + RECEIVER] ?? 0;
    this.sender = this.#words[at + SENDER] ?? 0;
    this.kind = this.#words[at + KIND] ?? 0;
    this.payload = this.#payloads[event];
    this.#payloads[event] = undefined;
    this.#words[at + NEXT] = this.#free;
    this.#free = event;
    this.size--;
    return true;
  }

  /** Time of the earliest event; Infinity when there is none. */
  peek(): number {
    if (this.size === 0) return Infinity;
    while (this.#heapSize === 0) this.#advance();
    return this.#timeOf(this.#heap[0] ?? 0);
  }

  #take(): number {
    if (this.#free !== NONE) {
      const event = this.#free;
      this.#free = this.#following(event);
      return event;
    }
    if (this.#used * ROW_DOUBLES === this.#times.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
    this.#words = new Int32Array(times.buffer);
  }

  #timeOf(event: number): number {
    return this.#times[event * ROW_DOUBLES] ?? 0;
  }

  /** The event after this one in its slot. */
  #following(event: number): number {
    return this.#words[event * ROW_WORDS + NEXT] ?? NONE;
  }

  #place(event: number, time: number): void {
    const slot = Math.floor(time / SLOT_US);
    if (slot <= this.#now) {
      this.#pushHeap(event);
    } else if (slot - this.#now < SLOTS) {
      const at = slot % SLOTS;
      this.#words[event * ROW_WORDS + NEXT] = this.#fine[at] ?? NONE;
      this.#fine[at] = event;
      this.#fineCount++;
    } else if (Math.floor(slot / SLOTS) - Math.floor(this.#now / SLOTS) < SLOTS) {
      const at = Math.floor(slot / SLOTS) % SLOTS;
      this.#words[event * ROW_WORDS + NEXT] = this.#coarse[at] ?? NONE;
      this.#coarse[at] = event;
      this.#coarseCount++;
    } else {
      this.#words[event * ROW_WORDS + NEXT] = this.#late;
      this.#late = event;
    }
  }

  /** Goes to the next fine slot, or skips to the next coarse one when the fine ones are empty. */
  #advance(): void {
    const window = Math.floor(this.#now / SLOTS);
    const end = (window + 1) * SLOTS;
    if (this.#fineCount === 0) {
      this.#now = end;
      if (this.#coarseCount === 0) this.#skipToLate();
      this.#openWindow();
    } else {
      let slot = this.#now + 1;
      while (slot < end && this.#fine[slot % SLOTS] === NONE) slot++;
      this.#now = slot;
      if (slot === end) this.#openWindow();
    }
    this.#openSlot();
  }

  #openSlot(): void {
    const at = this.#now % SLOTS;
    let event = this.#fine[at] ?? NONE;
    this.#fine[at] = NONE;
    let count = 0;
    while (event !== NONE) {
      const following = this.#following(event);
      if (count === this.#receivers.length) this.#receivers = grown(this.#receivers, 2 * count);
      this.#receivers[count++] = this.#words[event * ROW_WORDS + RECEIVER] ?? 0;
      this.#fineCount--;
      this.#pushHeap(event);
      event = following;
    }
    if (count > 0) this.#ahead?.look(this.#receivers, count);
  }

  /** At the beginning of a coarse slot: its events, and the late ones within reach, find places. */
  #openWindow(): void {
    const window = Math.floor(this.#now / SLOTS);
    const at = window % SLOTS;
    let event = this.#coarse[at] ?? NONE;
    this.#coarse[at] = NONE;
    while (event !== NONE) {
      const following = this.#following(event);
      this.#coarseCount--;
      this.#place(event, this.#timeOf(event));
      event = following;
    }
    if (at !== 0 || this.#late === NONE) return;
    event = this.#late;
    this.#late = NONE;
    while (event !== NONE) {
      const following = this.#following(event);
      this.#place(event, this.#timeOf(event));
      event = following;
    }
  }

  /** Nothing within 4.7 h: on to the turn of the coarse wheel in which the first late event is. */
  #skipToLate(): void {
    let earliest = Infinity;
    for (let event = this.#late; event !== NONE; event = this.#following(event)) {
      earliest = Math.min(earliest, this.#timeOf(event));
    }
    const turn = Math.floor(earliest / SLOT_US / SLOTS / SLOTS);
    this.#now = Math.max(this.#now, turn * SLOTS * SLOTS);
  }

  #before(a: number, b: number): boolean {
    const timeA = this.#timeOf(a);
    const timeB = this.#timeOf(b);
    if (timeA !== timeB) return timeA < timeB;
    const words = this.#words;
    for (let at = RECEIVER; at <= COUNTER; at++) {
      const wordA = words[a * ROW_WORDS + at] ?? 0;
      const wordB = words[b * ROW_WORDS + at] ?? 0;
      if (wordA !== wordB) return wordA < wordB;
    }
    return false;
  }

  #pushHeap(event: number): void {
    if (this.#heapSize === this.#heap.length) this.#heap = grown(this.#heap, this.#heapSize * 2);
    const heap = this.#heap;
    let at = this.#heapSize++;
    while (at > 0) {
      const parent = (at - 1) >>> 2;
      const other = heap[parent] ?? 0;
      if (!this.#before(event, other)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = event;
  }

  #popHeap(): number {
    const heap = this.#heap;
    const top = heap[0] ?? 0;
    const last = heap[--this.#heapSize] ?? 0;
    const size = this.#heapSize;
    let at = 0;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= size) break;
      let least = first;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child++) {
        if (this.#before(heap[child] ?? 0, heap[least] ?? 0)) least = child;
      }
      const chosen = heap[least] ?? 0;
      if (!this.#before(chosen, last)) break;
      heap[at] = chosen;
      at = least;
    }
    heap[at] = last;
    return top;
  }
}

function grown(from: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const array = new Int32Array(capacity);
  array.set(from);
  return array;
}
