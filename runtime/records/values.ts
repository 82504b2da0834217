/**
 * The bytes behind the core's record headers: in memory while a message, a PUT or a write is in
 * progress, on disk after that.
 *
 * Who holds bytes: the message just admitted, until its step is carried out; a relay, until its
 * time is over; a GET of our own, what arrived under its key, until its end; a PUT of our own from
 * its command to its end; a write, until the core was told of it, together with the record that it
 * replaces, which is served until then. Invariant: a header finds bytes of its own key, version and
 * publisher or none at all; what is held is counted, and new work is refused above the bound.
 */
import type { Envelope } from '../../host/admit.ts';
import { bits256Of, bytesOfBits256 } from '../../host/words.ts';
import { assert } from '../../src/assert.ts';
import type { SignedFields } from '../../src/codec/record.ts';
import { LIFE_MS_MAX } from '../../src/limits.ts';
import { compareBits } from '../../src/position.ts';
import { compareVersions } from '../../src/state/store.ts';
import type { RecordWrite } from '../../src/step-types.ts';
import type { Bits256, Key, OpId, RecordBody, RecordHeader, Token } from '../../src/types.ts';
import { VALUES_BYTES_MAX } from '../bounds.ts';
import type { Disk } from './disk.ts';
import type { DiskWrite } from './record-batch.ts';
import { decodeStored, encodeStored } from './record-bytes.ts';
import type { StoredRecord } from './record-bytes.ts';
import { nameOf } from './record-index.ts';

/** Signs what the publisher vouches for; gives the publisher's own parts of the record. */
export interface Signer {
  readonly publisher: Uint8Array;
  readonly certificate: Uint8Array;
  readonly sign: (claims: Omit<SignedFields, 'size' | 'digest'>, value: Uint8Array) => Uint8Array;
}

type Judge = (stored: StoredRecord) => boolean;

export class Values {
  readonly #disk: Disk;
  readonly #signer: Signer;
  readonly #isRevoked: Judge;
  /** Envelopes in memory by version, a number that few records share. */
  readonly #held = new Map<number, Held[]>();
  readonly #puts = new Map<OpId, Put>();
  readonly #gets = new Map<OpId, Get>();
  readonly #writing = new Map<string, Writing>();
  #message: Held[] = [];
  #bytes = 0;
  #onLost: (header: RecordHeader) => void = () => undefined;

  /** @param isRevoked whether the publisher of a record on disk was revoked since */
  constructor(disk: Disk, signer: Signer, isRevoked: Judge = () => false) {
    this.#disk = disk;
    this.#signer = signer;
    this.#isRevoked = isRevoked;
  }

  /** Has every header told for which there are no bytes, not even on disk, or none that count. */
  tellLost(onLost: (header: RecordHeader) => void): void {
    this.#onLost = onLost;
  }

  /** Whether so much is in progress that new values must be refused. */
  get isFull(): boolean {
    return this.#bytes > VALUES_BYTES_MAX;
  }

  get bytesHeld(): number {
    return this.#bytes;
  }

  /** The bytes that arrived with a header; held until `endMessage`. */
  keep(header: RecordHeader, envelope: Envelope): void {
    this.#message.push(this.#hold(header, envelope));
    for (const get of this.#gets.values()) {
      if (compareBits(get.key, header.key.raw) !== 0) continue;
      const held = this.#hold(header, envelope);
      // The same record may come any number of times.
      if (get.held.has(held)) this.#release(held);
      else get.held.add(held);
    }
  }

  /** A GET command: the core may choose any record that arrives under its key, until `endGet`. */
  beginGet(op: OpId, key: Key): void {
    this.#gets.set(op, { key: key.raw, held: new Set() });
  }

  endGet(op: OpId): void {
    const get = this.#gets.get(op);
    this.#gets.delete(op);
    for (const held of get?.held ?? []) this.#release(held);
  }

  /** Holds the bytes that came with a header until what is returned is called. */
  retain(header: RecordHeader): () => void {
    const held = this.#find(header);
    if (held === undefined) return () => undefined;
    held.holds += 1;
    return () => {
      this.#release(held);
    };
  }

  /** The message and all that its step asked for are done. */
  endMessage(): void {
    if (this.#message.length === 0) return;
    const held = this.#message;
    this.#message = [];
    for (const one of held) this.#release(one);
  }

  envelopeOf(header: RecordHeader): Envelope | undefined {
    const held = this.#find(header);
    if (held !== undefined) return held.envelope;
    const key = bytesOfBits256(header.key.raw);
    const stored = this.#disk.read(key);
    if (stored === undefined) {
      if (this.#disk.isGone(key)) this.#onLost(header);
      return undefined;
    }
    const order = compareVersions(stored.header, header);
    const isGood = order === 0 && !this.#isRevoked(stored);
    if (order <= 0 && !isGood) this.#onLost(header);
    return isGood ? stored.envelope : undefined;
  }

  /** The bytes that came with a header, while they are in memory. */
  heldValueOf(header: RecordHeader): Uint8Array | undefined {
    return this.#find(header)?.envelope.value;
  }

  /** The bytes of a record that was read, or of a newer one that has replaced it on disk since. */
  valueOf(header: RecordHeader): Uint8Array | undefined {
    const envelope = this.envelopeOf(header);
    if (envelope !== undefined) return envelope.value;
    const stored = this.#disk.read(bytesOfBits256(header.key.raw));
    const isNewer = stored !== undefined && compareVersions(stored.header, header) > 0;
    return isNewer && !this.#isRevoked(stored) ? stored.envelope.value : undefined;
  }

  /** The value of a PUT command, until `endPut`. */
  beginPut(op: OpId, value: Uint8Array): void {
    this.#puts.set(op, { value, held: undefined });
    this.#bytes += value.length;
  }

  endPut(op: OpId): void {
    const put = this.#puts.get(op);
    if (put === undefined) return;
    this.#puts.delete(op);
    this.#bytes -= put.value.length;
    if (put.held !== undefined) this.#release(put.held);
  }

  /** Signs the record of a PUT command: the core names it by the number of its operation. */
  sign(token: Token, body: RecordBody): RecordHeader {
    const put = this.#puts.get(token);
    assert(put?.held === undefined, 'a record is signed once');
    assert(put?.value.length === body.size, 'what is signed belongs to a PUT in progress');
    const { publisher, certificate } = this.#signer;
    const { key, version, publishedAtMs, ttlS, replication, size } = body;
    const { value } = put;
    const raw = bytesOfBits256(key.raw);
    const claims = { key: raw, version, publishedAtMs, ttlS, replication, publisher, certificate };
    const header: RecordHeader = {
      key,
      version,
      publisher: bits256Of(publisher),
      size,
      replication,
      ttlS,
      publishedAtMs,
      lifeMs: Math.min(ttlS * 1000, LIFE_MS_MAX),
    };
    const signature = this.#signer.sign(claims, value);
    put.held = this.#hold(header, { value, publisher, certificate, signature });
    return header;
  }

  /**
   * Writes to disk what the core wants written; `done` is called with the result, and until it
   * returns both the new records and those that they replace can be served.
   */
  persist(writes: readonly RecordWrite[], done: (ok: boolean) => void): void {
    const diskWrites: DiskWrite[] = [];
    const names: string[] = [];
    for (const write of writes) {
      const diskWrite = this.#diskWrite(write, names);
      if (diskWrite !== undefined) diskWrites.push(diskWrite);
    }
    const complete = diskWrites.length === writes.length;
    const written = complete ? this.#disk.write(diskWrites) : Promise.resolve(false);
    void written.then((ok) => {
      done(ok);
      for (const name of names) this.#endWriting(name);
    });
  }

  #diskWrite(write: RecordWrite, names: string[]): DiskWrite | undefined {
    if (write.type === 'delete') return write;
    const { header } = write.record;
    const envelope = this.envelopeOf(header);
    if (envelope === undefined) return undefined;
    const bytes = encodeStored({ ...write.record, envelope });
    names.push(this.#beginWriting(header, bytes));
    return { type: 'put', record: write.record, bytes };
  }

  /** Holds the record to be written and, with the first write of its key, the one on disk. */
  #beginWriting(header: RecordHeader, bytes: Uint8Array): string {
    const key = bytesOfBits256(header.key.raw);
    const name = nameOf(key);
    let writing = this.#writing.get(name);
    if (writing === undefined) {
      writing = { pending: 0, held: [] };
      this.#writing.set(name, writing);
      const old = this.#disk.read(key);
      if (old !== undefined) writing.held.push(this.#hold(old.header, old.envelope));
    }
    writing.pending += 1;
    const stored = decodeStored(key, bytes);
    assert(stored !== undefined, 'what goes to disk can be read back');
    writing.held.push(this.#hold(header, stored.envelope));
    return name;
  }

  #endWriting(name: string): void {
    const writing = this.#writing.get(name);
    if (writing === undefined) return;
    writing.pending -= 1;
    if (writing.pending > 0) return;
    this.#writing.delete(name);
    for (const held of writing.held) this.#release(held);
  }

  #hold(header: RecordHeader, envelope: Envelope): Held {
    const known = this.#find(header);
    if (known !== undefined) {
      known.holds += 1;
      return known;
    }
    const held: Held = { header, envelope, holds: 1 };
    const sameVersion = this.#held.get(header.version);
    if (sameVersion === undefined) this.#held.set(header.version, [held]);
    else sameVersion.push(held);
    this.#bytes += bytesOf(held);
    return held;
  }

  #release(held: Held): void {
    held.holds -= 1;
    if (held.holds > 0) return;
    const { version } = held.header;
    const rest = (this.#held.get(version) ?? []).filter((one) => one !== held);
    if (rest.length === 0) this.#held.delete(version);
    else this.#held.set(version, rest);
    this.#bytes -= bytesOf(held);
  }

  #find(header: RecordHeader): Held | undefined {
    return this.#held.get(header.version)?.find(
      (one) =>
        compareBits(one.header.key.raw, header.key.raw) === 0 &&
        compareBits(one.header.publisher, header.publisher) === 0 &&
        // A publisher may have signed two values under one version.
        one.header.size === header.size,
    );
  }
}

interface Held {
  readonly header: RecordHeader;
  readonly envelope: Envelope;
  holds: number;
}

interface Get {
  readonly key: Bits256;
  readonly held: Set<Held>;
}

interface Put {
  readonly value: Uint8Array;
  /** The signed record, once the core had it signed. */
  held: Held | undefined;
}

/** The writes under way of one key, and what they hold. */
interface Writing {
  pending: number;
  readonly held: Held[];
}

function bytesOf(held: Held): number {
  const { value, certificate } = held.envelope;
  return value.length + certificate.length + ENVELOPE_BYTES;
}

/** Publisher, signature and the objects around them, roughly. */
const ENVELOPE_BYTES = 256;
