/**
 * Records what the core of one simulated node is given, in the form of real nodes' recordings
 * (`host/recording/form.ts`), for `orrery replay`: each life of the node is a segment.
 *
 * It stands where the core's step is called, does the same and writes down what it saw; so the
 * digest of the run stays what it is. It writes to the file at once, because the loop of a
 * simulation leaves no time for anything that waits.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { PeerDirectory } from '../../host/directory.ts';
import { segmentPath } from '../../host/recording/form.ts';
import { Recorder } from '../../host/recording/recorder.ts';
import { step } from '../../src/step.ts';
import type { NodeState } from '../../src/step.ts';
import type { Input } from '../../src/step-types.ts';
import type { Moment, Peer } from '../../src/types.ts';
import { bytesOfWords } from './snapshot-file.ts';

/** Which node is to be recorded, and where. */
export interface RecordOrder {
  /** Segments go beside it, as FILE.0001.EXT. */
  readonly path: string;
  /** The node's handle: they are counted from 0, in the order of their first lives. */
  readonly node: Peer;
}

/** What became of it. */
export interface Recorded {
  /** The node id in hex; empty when the node was never online. */
  readonly id: string;
  readonly steps: number;
  readonly lives: number;
}

export class NodeRecording {
  readonly #order: RecordOrder;
  readonly #version: string;
  #id = '';
  #steps = 0;
  #lives = 0;
  #file: number | undefined;
  #recorder: Recorder | undefined;
  /** What the last step left: a node that begins with something else has another life. */
  #last: NodeState | undefined;

  constructor(order: RecordOrder, version: string) {
    this.#order = order;
    this.#version = version;
  }

  /** The core's step; those of the node are written down. */
  readonly step: typeof step = (state, moment, input, peers) => {
    if (state.self !== this.#order.node || !(peers instanceof PeerDirectory)) {
      return step(state, moment, input, peers);
    }
    if (state !== this.#last) this.#begin(state, moment, peers);
    return this.#recorded(state, moment, input, peers);
  };

  /** Ends the file. */
  end(): Recorded {
    this.#close();
    return { id: this.#id, steps: this.#steps, lives: this.#lives };
  }

  #recorded(
    state: NodeState,
    moment: Moment,
    input: Input,
    peers: PeerDirectory,
  ): ReturnType<typeof step> {
    try {
      const done = step(state, moment, input, peers);
      this.#last = done.state;
      this.#steps += 1;
      this.#recorder?.step(moment, input, done.effects);
      if ((this.#recorder?.waiting ?? 0) >= CHUNK_WORDS) this.#write();
      return done;
    } catch (error) {
      this.#recorder?.failed(moment, input);
      throw error;
    }
  }

  #begin(state: NodeState, { now, wall }: Moment, peers: PeerDirectory): void {
    this.#close();
    this.#lives += 1;
    this.#id = peers.idHexOf(state.self);
    const head = {
      version: this.#version,
      startedAt: wall,
      id: this.#id,
      segment: this.#lives,
      stepsBefore: this.#steps,
      now,
      wall,
      config: state.config,
    };
    // What is there is somebody's: the command has looked, this is for whoever was quicker.
    this.#file = openSync(segmentPath(this.#order.path, this.#lives), 'wx', 0o600);
    this.#recorder = new Recorder(head, state, peers);
  }

  #write(): void {
    if (this.#file === undefined || this.#recorder === undefined) return;
    // Members of gzip one behind the other are unpacked as one.
    const packed = gzipSync(bytesOfWords(this.#recorder.take()), { level: 1 });
    for (let at = 0; at < packed.length;) at += writeSync(this.#file, packed, at);
  }

  #close(): void {
    if (this.#file === undefined) return;
    this.#write();
    closeSync(this.#file);
    this.#file = undefined;
    this.#recorder = undefined;
  }
}

const CHUNK_WORDS = 65_536;
