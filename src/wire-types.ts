/**
 * What travels, before a host has given it handles: literal ids, addresses, raw keys and bytes.
 * Types only. The codecs turn bytes into these and back; a host's `admit` turns a `WireMessage`
 * into the core's `Message`, and its reverse prepares a send. `docs/wire.md` is the normative
 * description.
 *
 * Byte arrays: `id` 32 bytes, `key` 32 bytes, `position` 20 bytes, `signature` 64 bytes, a tag 8.
 */

export interface Ipv4Address {
  readonly family: 4;
  /** 4 bytes. */
  readonly ip: Uint8Array;
  /** Never 0. */
  readonly port: number;
}

/** An address as it travels; IPv4-mapped IPv6 is written as IPv4. */
export type WireAddress =
  Ipv4Address | { readonly family: 6; readonly ip: Uint8Array; readonly port: number };

export interface WirePeer {
  readonly id: Uint8Array;
  /** One to `addressesPerPeerMax`. */
  readonly addresses: readonly WireAddress[];
}

/** A count u8, then peers as they travel: `packPeers` makes it, `peersIn` reads it. */
export type WirePeers = Uint8Array;

/** What a record says of itself; all of it is signed. */
interface WireClaims {
  readonly key: Uint8Array;
  readonly version: number;
  readonly publishedAtMs: number;
  readonly ttlS: number;
  readonly replication: number;
  readonly publisher: Uint8Array;
  /** The publisher's certificate, DER. */
  readonly certificate: Uint8Array;
}

/** A record without its value: the signature covers the value's digest, and so can be checked. */
export interface WireHeader extends WireClaims {
  /** Bytes of the value, and SHA-256 over them. */
  readonly size: number;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly lifeMs: number;
}

/** A signed record. The signature covers everything here but `lifeMs` (and itself). */
export interface WireRecord extends WireClaims {
  readonly signature: Uint8Array;
  readonly value: Uint8Array;
  readonly lifeMs: number;
}

/** Keys whose positions begin with the first `bits` bits of `from`, 20 bytes. */
export interface WireRange {
  readonly bits: number;
  readonly from: Uint8Array;
}

/** How many records, and the sum of their tags under a seed: two u32. */
export interface WireSum {
  readonly count: number;
  readonly high: number;
  readonly low: number;
}

/**
 * Who elects the leader: ids of 32 bytes, one after the other (as views of their own they would be
 * several times what arrived), and the authority's signature, or none.
 */
export interface WireVoters {
  readonly version: number;
  readonly ids: Uint8Array;
  readonly signature: Uint8Array;
}

/** Who introduces newcomers, said by the leader of a term, whom these voters may elect. */
export interface WireIntroducers {
  readonly term: number;
  readonly serial: number;
  readonly madeAtMs: number;
  readonly voters: WireVoters;
  readonly leader: Uint8Array;
  readonly certificate: Uint8Array;
  readonly peers: WirePeers;
  /** The leader's. */
  readonly signature: Uint8Array;
}

/** First frame of each side of a link. */
export interface WireHello {
  readonly type: 'hello';
  readonly versionMin: number;
  readonly versionMax: number;
  readonly features: number;
  readonly identity: 'certificate' | 'address';
  /** None means: a client only, never in a table. */
  readonly addresses: readonly WireAddress[];
}

/** Last frame of a side that closes a link on purpose. */
export interface WireGoodbye {
  readonly type: 'goodbye';
  readonly reason: GoodbyeReason;
}
export type GoodbyeReason =
  'version' | 'identity' | 'duplicate' | 'idle' | 'stopping' | 'malformed';

export type WireRequest =
  | { readonly type: 'ping' }
  | { readonly type: 'find-node'; readonly target: Uint8Array }
  | { readonly type: 'find-value'; readonly key: Uint8Array }
  | { readonly type: 'find-version'; readonly key: Uint8Array }
  | { readonly type: 'store'; readonly record: WireRecord }
  /** `hops` as its sender says, 0 to 255. */
  | { readonly type: 'relay'; readonly hops: number; readonly record: WireRecord }
  | {
      readonly type: 'check';
      readonly range: WireRange;
      readonly nonce: number;
      readonly sum: WireSum;
    }
  | {
      readonly type: 'compare';
      readonly range: WireRange;
      readonly nonce: number;
      readonly tags: Uint8Array;
    }
  | { readonly type: 'leave' }
  | {
      readonly type: 'vote';
      readonly term: number;
      readonly version: number;
      readonly isPreVote: boolean;
    }
  | { readonly type: 'heartbeat'; readonly term: number; readonly voters: WireVoters }
  | { readonly type: 'resign'; readonly term: number; readonly successor: Uint8Array }
  | { readonly type: 'announce'; readonly introducers: WireIntroducers }
  | { readonly type: 'introduce' };

export type WireReply =
  | { readonly type: 'ok' }
  | { readonly type: 'peers'; readonly peers: WirePeers }
  | { readonly type: 'value'; readonly record: WireRecord }
  | {
      readonly type: 'version';
      readonly header: WireHeader;
      readonly peers: WirePeers;
    }
  | { readonly type: 'sum'; readonly range: WireRange; readonly sum: WireSum }
  | { readonly type: 'tags'; readonly range: WireRange; readonly tags: Uint8Array }
  | {
      readonly type: 'term';
      readonly term: number;
      readonly version: number;
      readonly ok: boolean;
    }
  | {
      readonly type: 'introduction';
      readonly introducers: WireIntroducers | undefined;
      readonly peers: WirePeers;
    }
  | { readonly type: 'refused'; readonly reason: WireRefusal };
export type WireRefusal =
  'stale' | 'expired' | 'full' | 'not-stored' | 'leaving' | 'invalid' | 'far';

/** A frame of the enhanced dialect. */
export type WireMessage =
  | WireHello
  | WireGoodbye
  | { readonly type: 'request'; readonly call: number; readonly body: WireRequest }
  | { readonly type: 'reply'; readonly call: number; readonly body: WireReply };

/** A message of the client API. */
export type ClientMessage =
  | {
      /** 650, or 690 when `checked`. */
      readonly type: 'put';
      readonly checked: boolean;
      readonly ttlS: number;
      readonly replication: number;
      readonly key: Uint8Array;
      readonly value: Uint8Array;
    }
  | { readonly type: 'get'; readonly key: Uint8Array }
  | { readonly type: 'success'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'failure'; readonly key: Uint8Array }
  | {
      readonly type: 'put-result';
      readonly key: Uint8Array;
      readonly status: PutStatus;
      readonly holders: number;
      readonly wanted: number;
      readonly version: number;
    };

/** Why a checked PUT was not good; `good` is 0 on the wire. */
export type PutStatus =
  'good' | 'too-few-replicas' | 'timed-out' | 'no-peers' | 'full' | 'invalid' | 'busy' | 'leaving';

/** A message of the classic dialect. */
export type ClassicMessage =
  /** `id` is the sender's, `from` where it listens. */
  | { readonly type: 'ping'; readonly id: Uint8Array; readonly from: Ipv4Address }
  /** `id` is that of the PING, `from` is where who answers listens. */
  | { readonly type: 'pong'; readonly id: Uint8Array; readonly from: Ipv4Address }
  /** Asks for nodes near the sender, who listens at `from`. */
  | { readonly type: 'find-node'; readonly from: Ipv4Address }
  | {
      readonly type: 'node-reply';
      /** At most `PEERS_PER_REPLY_MAX`. */
      readonly addresses: readonly Ipv4Address[];
    }
  | { readonly type: 'find-value'; readonly key: Uint8Array }
  | { readonly type: 'success'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'failure'; readonly key: Uint8Array }
  | {
      readonly type: 'put';
      readonly ttlS: number;
      readonly replication: number;
      /** The byte that the client API calls reserved, as it is: how far to pass the record on. */
      readonly hops: number;
      readonly key: Uint8Array;
      readonly value: Uint8Array;
    }
  /** What old nodes answer without a header. */
  | { readonly type: 'text'; readonly text: ClassicText };
export type ClassicText = 'running' | 'put works' | 'get works' | 'Value not found';

/** What a decoder makes of the first bytes of a stream. Decoders never throw. */
export type Decoded<M> =
  | { readonly type: 'message'; readonly message: M; readonly bytes: number }
  /** Not all there yet; at least `bytes` more are needed before it is worth trying again. */
  | { readonly type: 'partial'; readonly bytes: number }
  /** Well framed, but of a kind that is not known here: skipped, `bytes` long. */
  | {
      readonly type: 'unknown';
      readonly code: number;
      readonly bytes: number;
      readonly call?: number;
    }
  | { readonly type: 'malformed'; readonly reason: string };
