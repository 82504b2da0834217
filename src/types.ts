/**
 * The vocabulary of the core: peers, keys, records, settings and messages. Types only. What a step
 * is given and gives is made of these (`step-types.ts`).
 *
 * A peer is a small integer, a handle into the host's directory, which alone knows ids and
 * addresses. Positions are points of the 160-bit key space (Maymounkov and Mazières, "Kademlia",
 * 2002, section 2), kept as five signed 32-bit words, most significant first: signed, because V8
 * keeps signed 32-bit numbers as small integers. Times are whole milliseconds.
 *
 * Each union is discriminated by `type` and each `switch` over it ends in `assertNever`.
 */

/** A handle: a counter below 2^31 given out by the host's directory and never reused. */
export type Peer = number;
/** Names a call among the sender's open calls; opaque to its receiver. */
export type CallId = number;
/** Names an operation, chosen by the host; positive. Negative ones are the core's own. */
export type OpId = number;
/** Names a request for durability or a signature; comes back as an input. */
export type Token = number;

/** A point of the key space: a node id or a key, cut to its last 160 bits. */
export interface Position {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly w4: number;
}

/** 256 bits as eight signed 32-bit words, most significant first. */
export interface Bits256 {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly b3: number;
  readonly b4: number;
  readonly b5: number;
  readonly b6: number;
  readonly b7: number;
}

/** A raw key as clients name it, with the position that the host's hash gave it. */
export interface Key {
  readonly raw: Bits256;
  readonly position: Position;
}

/** What the core knows of a record; the host holds the bytes by (key, version, publisher). */
export interface RecordHeader {
  readonly key: Key;
  /** The greatest wins; ties go to the greater publisher id. An integer below 2^53. */
  readonly version: number;
  readonly publisher: Bits256;
  /** Bytes of the value. */
  readonly size: number;
  /** On how many nodes the publisher wants it, 1 to `REPLICATION_MAX`. */
  readonly replication: number;
  /** Seconds that the publisher granted at `publishedAtMs`. */
  readonly ttlS: number;
  /** The publisher's wall clock, in ms. */
  readonly publishedAtMs: number;
  /** Life left when this header was made; it can only shrink on its way. */
  readonly lifeMs: number;
}

/** A record to be signed: the host adds the publisher and the signature. */
export type RecordBody = Omit<RecordHeader, 'publisher' | 'lifeMs'>;

/** What the host knows of peers. Append-only for the core: a handle's words never change. */
export interface Directory {
  /** Eight words per peer, the 256-bit node id; words 3 to 7 are its position. */
  readonly words: Int32Array;
  /** One word per peer, where it is (`table/places.ts`); the host may learn better. */
  readonly places: Int32Array;
}

/** What the host knows of the instant, and the core must not fetch. */
export interface Moment {
  /** Monotonic ms, rounded down; never runs backwards. */
  readonly now: number;
  /** Wall clock ms, for versions, publication times and ages after a restart only. */
  readonly wall: number;
  /** One random 32-bit word, signed. */
  readonly entropy: number;
}

export interface Config {
  /** Contacts per bucket. */
  readonly k: number;
  /** Calls in flight of a lookup, shared by its paths, at least one each. */
  readonly alpha: number;
  /** Contacts named in a reply. */
  readonly beta: number;
  /** Contacts of one subnet in a bucket, and in the whole table; 0: as many as there are. */
  readonly subnetPerBucket: number;
  readonly subnetPerTable: number;
  /** How many nearest nodes a lookup looks for. */
  readonly nearest: number;
  /** Disjoint paths of a lookup. */
  readonly paths: number;
  /** Replicas of a record when the client asks for 0. */
  readonly replication: number;
  /** Fewest replicas with which a PUT is good. */
  readonly floor: number;
  /** Life of a record when the client asks for 0, in seconds. */
  readonly ttlS: number;
  /** Longest life of a record, in seconds. */
  readonly ttlSMax: number;
  /** Deadline of a call in ms; 0 means adaptive. */
  readonly timeoutMs: number;
  /** Deadline of an operation in ms. */
  readonly operationMs: number;
  /** Between two checks of a fellow holder, in ms, more or less; 0: replicas are on their own. */
  readonly repairMs: number;
  /** What this node stores at most: of all, of one publisher, and from one peer. */
  readonly quota: Quota;
  readonly publisherQuota: Quota;
  readonly peerQuota: Quota;
}

/** A bound on stored records: keys, and bytes of their values. */
export interface Quota {
  readonly keys: number;
  readonly bytes: number;
}

/** Who elects the leader: certified by the authority, or by the settings of every node. */
export interface Voters {
  /** 1 and up, one more for each change; 0: there is no list. */
  readonly version: number;
  /** One to seven: an even number is normal between two odd ones. */
  readonly peers: readonly Peer[];
}

/** What a voter must not forget. */
export interface Ballot {
  /** An integer below 2^53. */
  readonly term: number;
  /** For whom it voted in that term. */
  readonly vote: Peer | undefined;
  /** The list by which it votes. */
  readonly voters: Voters;
}

/** Who introduces newcomers, as the leader of a term says; its host has signed it. */
export interface Introducers {
  readonly term: number;
  /** Counts the lists of a term, from 1. */
  readonly serial: number;
  readonly leader: Peer;
  /** The leader's wall clock when it made the list, in ms. */
  readonly madeAtMs: number;
  readonly peers: readonly Peer[];
}

/** What a host kept of an earlier life of this node, and what it was given. */
export interface Kept {
  readonly records: readonly KeptRecord[];
  readonly peers: readonly Peer[];
  /** None of a node that never voted, or whose ballot is damaged: see `voters`. */
  readonly ballot?: Ballot | undefined;
  /** The newest list that it was given. A node that has lost its ballot must not be given any. */
  readonly voters?: Voters | undefined;
}

export interface KeptRecord {
  /** `lifeMs` as it was at `storedAtMs`. */
  readonly header: RecordHeader;
  /** Wall clock ms of the moment at which it was written. */
  readonly storedAtMs: number;
  /** Who sent it, by its id since no handle outlives a life; nothing when it was our own doing. */
  readonly from: Bits256 | undefined;
}

export type Request =
  | { readonly type: 'ping' }
  | { readonly type: 'find-node'; readonly target: Position }
  /** The value of a key, from a node that is said to hold it. */
  | { readonly type: 'find-value'; readonly key: Key }
  /** Which version of a key the node holds, and who may hold it besides. */
  | { readonly type: 'find-version'; readonly key: Key }
  | { readonly type: 'store'; readonly record: RecordHeader }
  /** A store that is passed on towards the key: 1 to `HOPS_MAX` nodes one after the other. */
  | { readonly type: 'relay'; readonly record: RecordHeader; readonly hops: number }
  /** Do you hold what I hold? The sum of what both should hold. */
  | ({ readonly type: 'check'; readonly sum: Sum } & Round)
  /** The records that the sender holds and its receiver should, two words each. */
  | ({ readonly type: 'compare'; readonly tags: readonly number[] } & Round)
  | { readonly type: 'leave' }
  /** May I lead in this term? Or, before it begins: could I? */
  | {
      readonly type: 'vote';
      readonly term: number;
      readonly isPreVote: boolean;
      /** Of the asker's list of voters. */
      readonly version: number;
    }
  /** I lead in this term, by this list. */
  | { readonly type: 'heartbeat'; readonly term: number; readonly voters: Voters }
  /** I lead no more: may this one be the next. */
  | { readonly type: 'resign'; readonly term: number; readonly successor: Peer }
  /** A list of introducers that its sender has taken. */
  | { readonly type: 'announce'; readonly introducers: Introducers }
  /** Who leads, who introduces, whom do you know? */
  | { readonly type: 'introduce' };

/** The keys whose positions begin with the first `bits` bits of a position. */
export interface Range {
  readonly bits: number;
  readonly from: Position;
}

/** What two holders talk about, and under which nonce both make sums and tags. */
export interface Round {
  readonly range: Range;
  readonly nonce: number;
}

/** How many records, and the sum of their tags under a nonce: two words. */
export interface Sum {
  readonly count: number;
  readonly high: number;
  readonly low: number;
}

export type Reply =
  | { readonly type: 'ok' }
  | { readonly type: 'peers'; readonly peers: readonly Peer[] }
  | { readonly type: 'value'; readonly record: RecordHeader }
  /** What the node holds, without its value, and whom it knows near the key. */
  | { readonly type: 'version'; readonly record: RecordHeader; readonly peers: readonly Peer[] }
  | { readonly type: 'sum'; readonly range: Range; readonly sum: Sum }
  | { readonly type: 'tags'; readonly range: Range; readonly tags: readonly number[] }
  /** What a voter says to the three requests of an election: its term, its list, yes or no. */
  | {
      readonly type: 'term';
      readonly term: number;
      readonly version: number;
      readonly ok: boolean;
    }
  | {
      readonly type: 'introduction';
      readonly introducers: Introducers | undefined;
      /** The leader, where its list is not known, and others to ask. */
      readonly peers: readonly Peer[];
    }
  | { readonly type: 'refused'; readonly reason: Refusal };

/** What an election says: little beside all else. */
export type ElectionBody = Extract<
  Request | Reply,
  { type: 'vote' | 'heartbeat' | 'resign' | 'announce' | 'introduce' | 'term' | 'introduction' }
>;

/** Why a node did not do what it was asked. */
export type Refusal = 'stale' | 'expired' | 'full' | 'far' | 'not-stored' | 'leaving';

export type Message =
  | { readonly type: 'request'; readonly call: CallId; readonly body: Request }
  | { readonly type: 'reply'; readonly call: CallId; readonly body: Reply };

/** How a lookup went: its result and the path it took. */
export interface Trail {
  /** The nearest that answered, nearest first, the asking node left out. */
  readonly nearest: readonly Peer[];
  /** All that answered, in the order of their answers. */
  readonly responders: readonly Peer[];
  /** For each responder, who first named it: a responder, or the asking node itself. */
  readonly namedBy: readonly Peer[];
  /** Requests sent. */
  readonly requests: number;
  /** Replies received. */
  readonly replies: number;
}
