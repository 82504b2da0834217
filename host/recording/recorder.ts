/**
 * Writes a segment of a recording (`form.ts`) as a node lives: whatever is told here goes into
 * words, in the order in which it is told, and leaves in chunks.
 */
import { ID_WORDS } from '../../src/limits.ts';
import type { NodeState } from '../../src/state/node.ts';
import type { Effect, Input } from '../../src/step-types.ts';
import type { Moment, Peer } from '../../src/types.ts';
import type { PeerDirectory } from '../directory.ts';
import { Fingerprint } from '../fingerprint.ts';
import { writeBytes, writeText } from '../serial/forms.ts';
import { writeInput } from '../serial/input.ts';
import { writeState } from '../serial/state.ts';
import { Writer } from '../serial/words.ts';
import { effectsWords } from '../step-words.ts';
import { FAILED, PLACE, PREFACE, ROWS, STEP, VALUE, VALUE_FORMS } from './form.ts';
import type { Head, RecordedValue } from './form.ts';

export class Recorder {
  readonly #directory: PeerDirectory;
  readonly #out = new Writer(CHUNK_WORDS);
  /** The entry that is being written: its length goes before it. */
  readonly #entry = new Writer();
  readonly #print = new Fingerprint();
  /** Peers of whom the segment knows. */
  #rows = 0;
  #now: number;
  #wall: number;

  /** Begins a segment; `state` is that of the node before its next step. */
  constructor(head: Head, state: NodeState, directory: PeerDirectory) {
    this.#directory = directory;
    this.#now = head.now;
    this.#wall = head.wall;
    const out = this.#out;
    for (const word of PREFACE) out.word(word);
    writeText(out, JSON.stringify(head));
    out.word(directory.count);
    this.#writeRows(out, directory.count);
    writeState(out, state);
  }

  /** Words that were not taken yet. */
  get waiting(): number {
    return this.#out.length;
  }

  /** What the record of the step that follows stands for. */
  value({ form, bytes }: RecordedValue): void {
    this.#entry.word(VALUE_FORMS.indexOf(form));
    writeBytes(this.#entry, bytes);
    this.#end(VALUE);
  }

  step(moment: Moment, input: Input, effects: readonly Effect[]): void {
    this.#begin(moment, input);
    const print = this.#print;
    print.reset();
    effectsWords(print, effects);
    this.#entry.word(print.a);
    this.#entry.word(print.b);
    this.#end(STEP);
  }

  /** The core threw at this input. */
  failed(moment: Moment, input: Input): void {
    this.#begin(moment, input);
    this.#end(FAILED);
  }

  /** The host has learnt where a peer is. */
  place(peer: Peer, place: number): void {
    // Whoever is new comes with its row, which is written as it is then.
    if (peer >= this.#rows) return;
    this.#entry.word(peer);
    this.#entry.word(place);
    this.#end(PLACE);
  }

  /** What was written since the last time, as a copy. */
  take(): Int32Array {
    const words = this.#out.copy();
    this.#out.reset();
    return words;
  }

  #begin(moment: Moment, input: Input): void {
    const entry = this.#entry;
    const { count } = this.#directory;
    if (count > this.#rows) {
      entry.word(count - this.#rows);
      this.#writeRows(entry, count);
      this.#end(ROWS);
    }
    entry.number(moment.now - this.#now);
    entry.number(moment.wall - this.#wall);
    entry.word(moment.entropy);
    this.#now = moment.now;
    this.#wall = moment.wall;
    writeInput(entry, input);
  }

  #end(kind: number): void {
    this.#out.word(kind);
    this.#out.int32Array(this.#entry.view());
    this.#entry.reset();
  }

  #writeRows(out: Writer, upTo: number): void {
    const { words, places } = this.#directory;
    for (; this.#rows < upTo; this.#rows++) {
      const at = this.#rows * ID_WORDS;
      for (let word = 0; word < ID_WORDS; word++) out.word(words[at + word] ?? 0);
      out.word(places[this.#rows] ?? 0);
    }
  }
}

const CHUNK_WORDS = 16_384;
