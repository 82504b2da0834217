/**
 * Records without a signature, as a network with older nodes has them (docs/classic.md): what makes
 * them, what judges them, and what tells again which record a bare value was.
 *
 * An older node keeps a value and nothing of its record: no version, publisher or life. Of the
 * records that this node has met it therefore remembers the newest of each key, the last used
 * first; a value with the digest of one of these is that record, with what is left of its life. Any
 * other value counts as older than every record, and as alive for a moment: it can be read, and
 * neither replaces nor outlives anything.
 *
 * Invariants: at most `UNSIGNED_MAX` records are remembered; everything kept is a copy.
 */
import { headerFor } from '../../src/codec/record.ts';
import type { SignedFields } from '../../src/codec/record.ts';
import { VERSION_AHEAD_MS_MAX } from '../../src/limits.ts';
import type { WireHeader, WireRecord } from '../../src/wire-types.ts';
import { ECHO_MS_MAX, UNSIGNED_MAX } from '../bounds.ts';
import { monotonicMs } from '../clock.ts';
import { keepLatest } from '../latest.ts';

export class UnsignedRecords {
  readonly #hash: (bytes: Uint8Array) => Uint8Array;
  readonly #wallMs: () => number;
  /** By key in hex. */
  readonly #met = new Map<string, Met>();
  #lastVersion = 0;

  constructor(hash: (bytes: Uint8Array) => Uint8Array, wallMs: () => number) {
    this.#hash = hash;
    this.#wallMs = wallMs;
  }

  /** Whether a header is one of an unsigned record; then it is remembered. */
  verify(header: WireHeader): boolean {
    if (header.certificate.length > 0 || header.signature.some((byte) => byte !== 0)) return false;
    this.#note(header);
    return true;
  }

  /** In place of a signature. */
  seal(claims: SignedFields): Uint8Array {
    this.#note({ ...claims, signature: UNSIGNED, lifeMs: claims.ttlS * 1000 });
    return UNSIGNED;
  }

  /**
   * The record of a value that an older node has just sent to be stored: its version is the time,
   * and greater than any of that key that was met; who is ahead of time moves only that key's. The
   * very bytes of a record that was met a moment ago are that record: older nodes pass a PUT on and
   * echo it, and it must not come back as a later one.
   */
  received(
    key: Uint8Array,
    value: Uint8Array,
    rest: { readonly publisher: Uint8Array; readonly ttlS: number; readonly replication: number },
  ): WireRecord {
    const met = this.#met.get(nameOf(key));
    if (met !== undefined && isEcho(met, rest.ttlS)) {
      const isIt = isSame(met.header.digest, this.#hash(value));
      const echoed = isIt ? this.identify(key, value) : undefined;
      if (echoed !== undefined) return echoed;
    }
    const wallMs = this.#wallMs();
    const known = met?.header.version ?? 0;
    // Nobody takes a version further ahead: what has one comes of a clock that was wrong.
    const above = (version: number): number =>
      version < wallMs + VERSION_AHEAD_MS_MAX ? Math.max(wallMs, version + 1) : wallMs;
    this.#lastVersion = above(this.#lastVersion);
    const version = Math.max(this.#lastVersion, above(known));
    const seal = { certificate: NO_BYTES, signature: UNSIGNED };
    return {
      key,
      version,
      publishedAtMs: wallMs,
      ...rest,
      ...seal,
      value,
      lifeMs: rest.ttlS * 1000,
    };
  }

  /** The record of a value that an older node holds; nothing when its life is over. */
  identify(key: Uint8Array, value: Uint8Array): WireRecord | undefined {
    const name = nameOf(key);
    const met = this.#met.get(name);
    if (met === undefined || !isSame(met.header.digest, this.#hash(value))) {
      const publishedAtMs = this.#wallMs();
      return { ...STRANGER, key, publishedAtMs, value };
    }
    keepLatest(this.#met, name, met, UNSIGNED_MAX);
    const { version, publishedAtMs, ttlS, replication, publisher } = met.header;
    const lifeMs = met.header.lifeMs - Math.ceil(monotonicMs() - met.at);
    if (lifeMs < 1) return undefined;
    const claims = { key, version, publishedAtMs, ttlS, replication, publisher };
    return { ...claims, certificate: NO_BYTES, signature: UNSIGNED, value, lifeMs };
  }

  /** The record without its value. */
  headerOf(record: WireRecord): WireHeader {
    return headerFor(record, this.#hash(record.value));
  }

  #note(header: WireHeader): void {
    // A value of which nothing is known may be met again at any time: its moment begins anew.
    if (header.version <= STRANGER.version) return;
    const name = nameOf(header.key);
    const met = this.#met.get(name);
    if (met !== undefined && met.header.version > header.version) return;
    const { version, publishedAtMs, ttlS, replication, size, lifeMs } = header;
    const [key, digest] = [header.key.slice(), header.digest.slice()];
    const publisher = header.publisher.slice();
    const claims = { key, version, publishedAtMs, ttlS, replication, publisher, size, digest };
    const kept = { ...claims, certificate: NO_BYTES, signature: UNSIGNED, lifeMs };
    const now = monotonicMs();
    const since = met?.header.version === version ? met.since : now;
    keepLatest(this.#met, name, { header: kept, at: now, since }, UNSIGNED_MAX);
  }
}

interface Met {
  readonly header: WireHeader;
  /** When its `lifeMs` was what it says; monotonic ms. */
  readonly at: number;
  /** When this version was first met. */
  readonly since: number;
}

/** Whether a PUT of the same bytes is one that was passed on: soon, and with the same life. */
function isEcho({ since, header }: Met, ttlS: number): boolean {
  if (monotonicMs() - since >= ECHO_MS_MAX) return false;
  return Math.abs(header.ttlS - ttlS) * 1000 <= ECHO_MS_MAX;
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

const NO_BYTES = new Uint8Array(0);
const UNSIGNED = new Uint8Array(64);
/** What is claimed of a value of which nothing is known: the least version, for one minute. */
const STRANGER = {
  version: 1,
  publisher: new Uint8Array(32),
  certificate: NO_BYTES,
  signature: UNSIGNED,
  ttlS: 60,
  replication: 1,
  lifeMs: 60_000,
};
