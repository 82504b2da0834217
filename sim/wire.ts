/**
 * Every message through codec and admit, as between real nodes (`--wire`). Values are bytes made
 * from the number of their PUT; signatures are 64 bytes of hash, a stand-in that costs little and
 * still fails when one bit of the record is changed.
 *
 * The core sees the same messages as without, so the digest of a run is the same.
 */

import { admit, type Edge, type Envelope } from '../host/admit.ts';
import { present, presentPeers } from '../host/present.ts';
import { presentVoters } from '../host/voters.ts';
import { bytesOfBits256 } from '../host/words.ts';
import { endorsedBytes } from '../src/codec/introducers.ts';
import { decodePeer, encodePeer } from '../src/codec/peer.ts';
import { signedBytes, type SignedFields } from '../src/codec/record.ts';
import { HOPS_MAX, TTL_S_MAX } from '../src/limits.ts';
import type { Introducers, Message, RecordHeader, Voters } from '../src/types.ts';
import type { WireAddress, WireIntroducers } from '../src/wire-types.ts';
import { isForgery } from './adversary.ts';
import type { Hooks } from './events.ts';
import type { Values } from './observer/values.ts';
import type { Population } from './population.ts';
import { mix } from './streams.ts';

const CERTIFICATE = new Uint8Array(1);
/** Lists of voters stand in the scenario. */
const NO_SIGNATURE = new Uint8Array(0);

export class Wire {
  readonly #edge: Edge;
  readonly #hooks: Hooks;
  readonly #values: Values;
  readonly #voters: Voters;
  readonly #valueKey: number;
  #messages = 0;

  constructor(
    population: Population,
    voters: Voters,
    values: Values,
    valueKey: number,
    hooks: Hooks,
  ) {
    this.#voters = voters;
    this.#hooks = hooks;
    this.#values = values;
    this.#valueKey = valueKey;
    this.#edge = {
      directory: population.directory,
      hopsMax: HOPS_MAX,
      ttlSMax: TTL_S_MAX,
      hash: hooks.hash,
      verify: (header) => (sameBytes(header.signature, this.#sign(header)) ? 'good' : 'forged'),
      addressesOf: (peer) => [addressOf(peer)],
      learn: () => undefined,
      envelopeOf: (record) => this.#envelopeOf(record),
      keep: () => undefined,
      certifies: ({ signature }) => signature.length === 0,
      signatureOf: () => NO_SIGNATURE,
      endorses: (list) => sameBytes(list.signature, this.#stamp(endorsedBytes(list))),
      keepIntroducers: () => undefined,
      introducersOf: (list) => this.#introducersOf(list),
    };
  }

  encode(message: Message): Uint8Array {
    const wire = present(this.#edge, message);
    if (wire === undefined) throw new Error('broken invariant: a simulated value is always there');
    const bytes = encodePeer(wire);
    this.#hooks.touch?.(bytes, this.#messages++);
    return bytes;
  }

  /** The message as its receiver sees it; undefined when it was damaged on its way. */
  decode(bytes: Uint8Array, wallMs: number): Message | undefined {
    const decoded = decodePeer(bytes, 0, bytes.length);
    if (decoded.type !== 'message') return undefined;
    const { message } = decoded;
    if (message.type !== 'request' && message.type !== 'reply') return undefined;
    const admitted = admit(this.#edge, message, wallMs);
    return 'message' in admitted ? admitted.message : undefined;
  }

  #envelopeOf(header: RecordHeader): Envelope {
    const value = new Uint8Array(header.size);
    const put = this.#values.putOf(header.key);
    for (let i = 0; i < value.length; i++)
      value[i] = mix(this.#valueKey, put, i >>> 2) >>> (8 * (i & 3));
    const publisher = bytesOfBits256(header.publisher);
    const unsigned: SignedFields = {
      key: bytesOfBits256(header.key.raw),
      version: header.version,
      publishedAtMs: header.publishedAtMs,
      ttlS: header.ttlS,
      replication: header.replication,
      publisher,
      certificate: CERTIFICATE,
      size: header.size,
      digest: this.#hooks.hash(value),
    };
    // Who forges has no key: what it puts in place of a signature does not fit.
    const signature = isForgery(header) ? new Uint8Array(64) : this.#sign(unsigned);
    return { value, publisher, certificate: CERTIFICATE, signature };
  }

  #introducersOf({ term, serial, madeAtMs, leader, peers }: Introducers): WireIntroducers {
    const { directory } = this.#edge;
    const voters = presentVoters(this.#edge, this.#voters);
    if (voters === undefined) throw new Error('broken invariant: voters are always known');
    const list = {
      ...{ term, serial, madeAtMs, voters },
      leader: directory.idOf(leader),
      certificate: CERTIFICATE,
      peers: presentPeers(this.#edge, peers),
    };
    return { ...list, signature: this.#stamp(endorsedBytes(list)) };
  }

  #sign(header: SignedFields): Uint8Array {
    return this.#stamp(signedBytes(header));
  }

  #stamp(bytes: Uint8Array): Uint8Array {
    const once = this.#hooks.hash(bytes);
    const signature = new Uint8Array(64);
    signature.set(once);
    signature.set(this.#hooks.hash(once), 32);
    return signature;
  }
}

/** An address for a simulated node, so that replies can name it. */
function addressOf(peer: number): WireAddress {
  const ip = new Uint8Array([10, (peer >>> 16) & 255, (peer >>> 8) & 255, peer & 255]);
  return { family: 4, ip, port: 6501 };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
