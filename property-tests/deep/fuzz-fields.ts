/**
 * Where the numbers stand in a valid frame of any protocol: lengths, counts, codes, times and
 * the like, told from `docs/wire.md` and not from the codecs, so that a mutator can set exactly
 * those to what hurts. A frame that is not valid yields the fields of the part that is.
 */
import type { Protocol } from '../core/codec-laws.ts';

/** A big-endian number of so many bytes. */
export interface Field {
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

export function numbersIn(name: Protocol['name'], frame: Uint8Array): readonly Field[] {
  const walk = new Walk(frame);
  if (name === 'client') clientFields(walk);
  else if (name === 'classic') classicFields(walk);
  else peerFields(walk);
  return walk.fields;
}

/** The field of the length of a whole message, and how much less it says than there is. */
export function lengthField(name: Protocol['name']): Field & { readonly less: number } {
  return name === 'peer' ? { at: 0, bytes: 4, less: 4 } : { at: 0, bytes: 2, less: 0 };
}

export function readNumber(frame: Uint8Array, { at, bytes }: Field): number {
  let value = 0;
  for (let byte = 0; byte < bytes; byte++) value = value * 256 + (frame[at + byte] ?? 0);
  return value;
}

/** What lies outside the frame is left out. */
export function writeNumber(frame: Uint8Array, { at, bytes }: Field, value: number): void {
  let rest = value;
  for (let byte = bytes - 1; byte >= 0; byte--) {
    if (at + byte < frame.length) frame[at + byte] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

class Walk {
  readonly fields: Field[] = [];
  readonly #frame: Uint8Array;
  #at = 0;

  constructor(frame: Uint8Array) {
    this.#frame = frame;
  }

  get isOver(): boolean {
    return this.#at >= this.#frame.length;
  }

  /** A number; @returns what it says, 0 where it is missing */
  number(bytes: Field['bytes']): number {
    const field: Field = { at: this.#at, bytes };
    this.#at += bytes;
    if (this.#at > this.#frame.length) return 0;
    this.fields.push(field);
    return readNumber(this.#frame, field);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }
}

function clientFields(walk: Walk): void {
  walk.number(2);
  const code = walk.number(2);
  if (code === 650 || code === 690) {
    walk.number(2);
    walk.number(1);
    walk.number(1);
  }
  walk.skip(32);
  if (code !== 691) return;
  for (let byte = 0; byte < 3; byte++) walk.number(1);
  walk.number(8);
}

function classicFields(walk: Walk): void {
  walk.number(2);
  const code = walk.number(2);
  if (code === 650) {
    walk.number(2);
    walk.number(1);
    walk.number(1);
  } else if (code === 657) entries(walk);
  else if (code >= 654 && code <= 656) {
    walk.skip(code === 656 ? 4 : 36);
    walk.number(2);
  }
}

function entries(walk: Walk): void {
  for (let left = walk.number(2); left > 0 && !walk.isOver; left--) {
    walk.skip(4);
    walk.number(2);
  }
}

function peerFields(walk: Walk): void {
  walk.number(4);
  const code = walk.number(2);
  walk.number(4);
  if (code === 660) hello(walk);
  else if (code === 661 || code === 669) walk.number(1);
  else if (code === 665) peers(walk);
  else if (code === 667 || code === 668) record(walk);
  else if (code === 673) {
    header(walk);
    peers(walk);
  } else if (code >= 674 && code <= 677) round(walk, code);
  else if (code === 680) {
    walk.number(8);
    voters(walk);
  } else if (code === 684) introducers(walk);
  else if (code === 687 && walk.number(1) === 1) introducers(walk);
}

function voters(walk: Walk): void {
  walk.number(4);
  walk.skip(32 * walk.number(1));
  walk.skip(walk.number(1));
}

function introducers(walk: Walk): void {
  walk.number(8);
  walk.number(4);
  walk.number(8);
  voters(walk);
  walk.skip(32);
  walk.skip(walk.number(2));
  peers(walk);
}

function hello(walk: Walk): void {
  walk.number(1);
  walk.number(1);
  walk.number(4);
  walk.number(1);
  addresses(walk);
  while (!walk.isOver) {
    walk.number(1);
    walk.skip(walk.number(2));
  }
}

function addresses(walk: Walk): void {
  for (let left = walk.number(1); left > 0 && !walk.isOver; left--) {
    walk.skip(walk.number(1) === 4 ? 4 : 16);
    walk.number(2);
  }
}

function peers(walk: Walk): void {
  for (let left = walk.number(1); left > 0 && !walk.isOver; left--) {
    walk.skip(32);
    addresses(walk);
  }
}

/** What a record and a header have in common: life to certificate. */
function claims(walk: Walk): void {
  walk.number(4);
  walk.skip(64 + 32);
  walk.number(8);
  walk.number(8);
  walk.number(4);
  walk.number(1);
  walk.skip(32);
  walk.skip(walk.number(2));
}

function record(walk: Walk): void {
  claims(walk);
  walk.number(2);
}

function header(walk: Walk): void {
  claims(walk);
  walk.number(2);
  walk.skip(32);
}

/** A range, then a nonce where it is a question, then a sum or tags. */
function round(walk: Walk, code: number): void {
  walk.number(1);
  walk.skip(20);
  if (code === 674 || code === 676) walk.number(4);
  if (code === 674 || code === 675) for (let word = 0; word < 3; word++) walk.number(4);
  else walk.number(2);
}
