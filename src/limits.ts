/**
 * Every bound of the core, with its unit and its reason. A number that limits anything a peer, a
 * client or time can grow stands here and nowhere else. What an operator may set is in `Config`;
 * the bounds on those settings are here too.
 */

/** Bits of a position. Kademlia section 2.1. */
export const POSITION_BITS = 160;
/** Words of a node id in the directory; its position begins at `POSITION_WORD`. */
export const ID_WORDS = 8;
export const POSITION_WORD = 3;

/** Contacts per bucket at most: keeps a whole bucket within one reply. */
export const K_MAX = 64;
/** Contacts of one subnet in a table at most, where an operator limits them. */
export const SUBNET_PER_TABLE_MAX = 10_000;
/** Calls in flight of one lookup at most: more only loads the network. */
export const ALPHA_MAX = 64;
/** Disjoint paths of one lookup at most: S/Kademlia's figures end there, and so do three bits. */
export const PATHS_MAX = 8;
/** Contacts accepted from one reply at most; a peer that names more is cut off there. */
export const PEERS_PER_REPLY_MAX = 64;
/** Entries of a NODE REPLY that are read, of which those are kept: old nodes may name more. */
export const CLASSIC_ENTRIES_MAX = 256;
/** Replicas at most: a client that asks for more would load its neighbourhood for nothing. */
export const REPLICATION_MAX = 20;
/** Remaining life travels as u32 milliseconds. */
export const LIFE_MS_MAX = 0xffffffff;
/** Longest life of a record at most, in seconds: what its remaining life can carry, 49.7 days. */
export const TTL_S_MAX = Math.floor(LIFE_MS_MAX / 1000);

/** Bytes of a value: one frame of the client API (u16 size) less a PUT's header. */
export const VALUE_BYTES_MAX = 65_495;
/** Bytes of a frame between peers: a value, its envelope and room to grow. */
export const FRAME_BYTES_MAX = 72 * 1024;
/** Bytes of a hello after its length field: ample for its addresses and for extensions to come. */
export const HELLO_BYTES_MAX = 4096;
/** Bytes of a certificate: ours take 400; a huge one costs time before anybody is trusted. */
export const CERTIFICATE_BYTES_MAX = 4096;
/** Addresses of one peer: two families, inside and outside. */
export const ADDRESSES_PER_PEER_MAX = 4;

/** Candidates that a path of a lookup keeps, in multiples of `nearest`: room for failures. */
export const SHORTLIST_FACTOR = 3;
/** Requests of one lookup at most, of all its paths: a guard against peers that name new ones. */
export const LOOKUP_REQUESTS_MAX = 500;

/** Operations in flight per node: bounds memory when clients outrun the network. */
export const OPERATIONS_MAX = 4096;
/** Stores waiting for the disk per node; more are refused as full. */
export const PERSISTS_MAX = 4096;
/** Nodes that a relay goes through, one after the other: with alpha 3 it asks 3, 9, 27, … */
export const HOPS_MAX = 8;
/** Relays under way at once: others' records must not crowd out what own clients ask for. */
export const RELAYS_MAX = 256;
/** Peers that may wait for the same write of a record. */
export const WAITERS_MAX = 8;
/** Versions of one key that may be on their way to the disk: each store and write walks all. */
export const UNWRITTEN_MAX = 64;
/** Records held per node; an operator may lower it. */
export const RECORDS_MAX = 1_000_000;

/** Shortest deadline of a call in ms: below it a pause of the event loop looks like death. */
export const CALL_MS_MIN = 250;
/** Longest deadline of a call in ms, and the first one, when nothing was measured yet. */
export const CALL_MS_MAX = 3000;

/** How much later than expected an answer is still taken: a dial and a handshake are two trips. */
export const LATE_FACTOR = 4;

/** Versions more than this ahead of our wall clock are refused, in ms. */
export const VERSION_AHEAD_MS_MAX = 600_000;
/** How far clocks may differ before a record lives shorter than its TTL, in ms. */
export const CLOCK_ALLOWANCE_MS = 600_000;

/** Fellow holders that a node looks after replicas with; more are left to them. */
export const FELLOWS_MAX = 512;
/** When a fellow is first checked, or again because it should hold more than before, in ms. */
export const FELLOW_SOON_MS = 1000;
/** The same where somebody nearer to the key will probably see to it. */
export const FELLOW_LATER_MS = 5000;
/** Records listed in one comparison; ranges with more are halved. 16 KiB on the wire. */
export const TAGS_MAX = 2048;
/** How often a range is halved at most: no more than a few positions share so many bits. */
export const HALVED_MAX = 64;
/** Calls of a round that may be open to one fellow; what is left waits for the next round. */
export const ROUND_CALLS_MAX = 64;
/** Replicas on their way to fellow holders at once. */
export const PUSHES_MAX = 64;
/** Replicas for a fellow that has shown nothing of those before. */
export const PROBES = 4;
/** Rounds in which a fellow may show nothing of what it should hold before it is passed over. */
export const EMPTY_ROUNDS_MAX = 3;
/** For how long, in ms. */
export const SHUN_MS = 3_600_000;
/** Records of its own that a node sees to it are republished; of more, the earliest. */
export const PUBLISHED_MAX = 100_000;
/** Republications under way at once. */
export const REPUBLICATIONS_MAX = 8;

/** Spare contacts kept per bucket for when a live one fails. */
export const SPARES_PER_BUCKET_MAX = 3;
/** Contacts under suspicion at once; later ones wait for their turn. */
export const SUSPECTS_MAX = 64;
/** Contacts remembered after they stopped answering: 256 bytes, and a few of any part cut off. */
export const LOST_MAX = 32;
/** For how long on average, in ms: a network may be cut for half a day. */
export const LOST_MS = 43_200_000;
/** Ms between two calls to one of them: a network grows together soon after a cut is healed. */
export const RECALL_MS = 30_000;
/** The same for a node that knows nobody else. */
export const RECALL_ALONE_MS = 3000;

/** Verifications of newcomers in flight at once. */
export const VERIFICATIONS_MAX = 16;

/** Ms between two liveness checks when all is well: 0.29 messages a second with its reply. */
export const CHECK_MS_MAX = 7000;
/** Ms between two liveness checks while contacts are found dead. */
export const CHECK_MS_MIN = 1000;
/** Ms between two bucket refreshes: a lookup of some 60 messages, 0.16 a second. */
export const REFRESH_MS = 360_000;
/** After a join the first comes sooner, in ms. */
export const REFRESH_SOON_MS = 20_000;
/** Refreshes in flight at once while joining. */
export const REFRESHES_MAX = 4;

/**
 * Back-off between rounds of introductions, in ms, doubled each time up to the maximum; any time up
 * to that is waited, so that nodes that fell together do not come back together, but for a floor.
 */
export const INTRODUCE_MS_MIN = 1000;
export const INTRODUCE_MS_MAX = 60_000;
export const INTRODUCE_MS_FLOOR = 200;
/** Introducers that a node may be given. */
export const INTRODUCERS_MAX = 64;
/** A join may take longer than a client would wait: ms for all its lookups. */
export const JOIN_MS_MAX = 300_000;
/** Introducers asked at once, so that one that is slow or hostile does not decide alone. */
export const INTRODUCERS_AT_ONCE = 3;
/** How long a node that leaves takes to hand its records over, in ms. */
export const HANDOVER_MS_MAX = 6000;
/** Records that it considers for that, those with the fewest known holders: more than there is
 * time for, and few enough to be gone through in one step. */
export const HANDED_MAX = 16_384;
/** How long it then waits for its farewells to be answered, in ms. */
export const LEAVE_MS_MAX = 2000;
/** Records dropped for their age in one step; the rest a millisecond later. */
export const EXPIRIES_PER_STEP_MAX = 1024;
/** Records that the disk is told to delete at once; of more it is told in parts. */
export const DELETES_PER_PERSIST_MAX = 1024;
/** How much longer the pause between checks gets with each check that finds nothing, in ms. */
export const CHECK_MS_STEP = 250;

/** How long who answered a leader, or voted for it, votes for no other, in ms. */
export const LEASE_MS = 3000;
/**
 * How long a leader leads from when a round was sent that a majority answered, in ms: less than
 * the lease by twice what clocks may differ in rate, 1 %, and by two whole milliseconds, because
 * moments are rounded down.
 */
export const LEASE_HELD_MS = 2938;
/** Between two heartbeats of a leader, in ms. */
export const BEAT_MS = 500;
/** Heartbeats to one voter that may be open when the next is due; a dead one gets no more. */
export const BEAT_CALLS_MAX = 4;
/** A follower that hears no leader stands so long after the lease, in ms, when its turn comes. */
export const STAND_MS_MIN = 50;
/** Turns in ms, where answers are quick and where they are slow: one round of votes or nearly. */
export const TURN_MS_MIN = 250;
export const TURN_MS_MAX = 1000;
/** A candidate that has lost stands again by chance within so long, or a multiple of it, in ms. */
export const STAND_MS_MAX = 800;
/** After so long, in ms, voters that have not answered a candidate are asked again; so often. */
export const ASK_AGAIN_MS = 500;
export const ROUND_ASKS_MAX = 4;
/** Terms above all known ones that are taken for possible. */
export const TERM_JUMP_MAX = 1_000_000;
/** Voters of a list at most: more would only be slower. */
export const VOTERS_MAX = 7;
/** Voters that may wait for a ballot to be on disk: no list has more, and nobody else waits. */
export const AWAITING_MAX = 8;
/** Between two lists of introducers that a leader makes, in ms: who misses one has the next. */
export const ANNOUNCE_MS = 30_000;
/** To how many contacts a node passes a new list of introducers on: it reaches all but a few. */
export const ANNOUNCE_TO = 3;
/** Introducers of a list at most. */
export const LISTED_MAX = 8;
/** After so long nothing that an earlier life of a node said is under way any more, in ms. */
export const NEWCOMER_MS = 15_000;
