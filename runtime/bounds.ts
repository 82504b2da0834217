/**
 * Every bound of the runtime, with its unit and its reason. The core's own are in `src/limits.ts`.
 *
 * Rule: whatever a peer, a client or time can make grow has a number here; nothing is unbounded
 * because it "should not happen".
 */
import { DAY_MS } from './clock.ts';

/** For each of these in turn, in ms, for a peer that stalls holds a place: the wait for a turn at a
 * handshake, the handshake, and the hello behind it. */
export const HANDSHAKE_MS_MAX = 5000;
/** Handshakes being served at once: one costs about a millisecond of CPU. */
export const HANDSHAKES_MAX = 64;
/** Accepted sockets waiting for their turn at a handshake, as long as that may take at most; more
 * are closed at once. */
export const HANDSHAKES_WAITING_MAX = 256;
/** Of these from one address, waiting ones included. */
export const HANDSHAKES_PER_ADDRESS_MAX = 4;
/** And from one /24 or /48, as one tenant has it. */
export const HANDSHAKES_PER_SUBNET_MAX = 16;
export const SUBNET_HANDSHAKES_PER_SECOND_MAX = 40;
/** Handshakes begun in a second: a few hundred with both ends are what one processor does. */
export const HANDSHAKES_PER_SECOND_MAX = 200;
export const ADDRESS_HANDSHAKES_PER_SECOND_MAX = 20;
/** Accepted links that are up with one /24 or /48; an operator may say otherwise. */
export const SUBNET_LINKS_MAX = 16;
/** Dials in progress; later ones wait for their turn. */
export const DIALS_MAX = 64;
/** Connections that they have open beyond one each: further addresses of the same peers. */
export const DIALS_BESIDE_MAX = 32;
/** After so long without a handshake the next address of a peer is tried beside, in ms. */
export const DIAL_NEXT_MS = 250;
/** After a dial of a peer failed it is left alone for up to this, in ms, drawn anew each time; */
export const REDIAL_MS = 1000;
/** the bound doubles with each failure, up to this. */
export const REDIAL_MS_MAX = 60_000;
/** Connections opened into one subnet, to peers that were never found, in the time after; */
export const BLIND_DIALS_MAX = 3;
/** so many where another peer was found in that time. */
export const BLIND_DIALS_AMONG_MAX = 64;
export const BLIND_DIALS_MS = 600_000;
/** Subnets of which it is remembered how many dials failed there. */
export const BLIND_SUBNETS_MAX = 10_000;
/** Dials in a row that fail before a peer that has a link counts as one that cannot be dialled, */
export const NOT_FOUND_MIN = 3;
/** which is tried again after this, in ms; doubled each time, up to the second. */
export const CLIENT_AGAIN_MS = 15_000;
export const CLIENT_AGAIN_MS_MAX = 600_000;
/** A whole frame must be there when it is looked at after this, in ms from its first byte, so in
 * ten seconds at the latest: none may trickle in. */
export const FRAME_MS_MAX = 9000;
/** A link without a call is closed after this, in ms. */
export const LINK_IDLE_MS_MAX = 300_000;
/** Deadlines of links and clients are looked at this often, in ms. */
export const SWEEP_MS = 1000;
/** A link that lost the tie stays so long after its last call, in ms: frames may be under way. */
export const DUPLICATE_LINGER_MS = 2000;
/** A link that said goodbye is cut after this, in ms, if the other side does not end it. */
export const GOODBYE_MS_MAX = 1000;
/** Before TCP asks whether the other side is still there, in ms. */
export const KEEP_ALIVE_MS = 30_000;
/** Accepted links of one peer whose hello is awaited: one id cannot use up the memory. */
export const GREETINGS_PER_PEER_MAX = 2;
/** Links accepted at once; the newest are dropped, those that are up stay. */
export const ACCEPTED_LINKS_MAX = 8192;

/** Descriptors kept for the disk, the program, the admin server and what is not counted. */
export const DESCRIPTORS_KEPT = 96;
/** Of the accepted links this share is for handshakes, so that a known peer finds a place. */
export const HANDSHAKE_SHARE = 1 / 8;
/** Bytes in which messages that are not whole yet are kept, of all links and of all clients; then
 * the oldest are cut. TLS and the collector may keep as much again: 256 MiB in all. */
export const LINK_INPUT_BYTES_MAX = 80 * 1024 * 1024;
export const CLIENT_INPUT_BYTES_MAX = 48 * 1024 * 1024;
/** Bytes that all links together have not taken; then those with the most are cut. */
export const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
/** Bytes read ahead of a connection whose turn has not come. */
export const READ_AHEAD_BYTES = 64 * 1024;
/** What peers, and likewise clients, may take of one turn of the event loop, in ms. */
export const SLICE_MS = 4;
/** Messages of one connection in a row, while others wait. */
export const MESSAGES_IN_A_ROW = 32;

/** Lists of voters that are known at once: each has 300 bytes, and few are ever in use. */
export const VOTER_LISTS_MAX = 8;
/** A voter looks for voters that it has not found after this, in ms; doubled each time, up to */
export const SEEK_VOTERS_MS = 500;
/** this. */
export const SEEK_VOTERS_MS_MAX = 30_000;

/** How often files of the operator are looked at, in ms: who is revoked is to go in 5 s. */
export const FILE_LOOK_MS = 1000;

/** Frames that wait for one dial; the core has other peers to ask. */
export const FRAMES_WAITING_MAX = 256;
/** Bytes that wait for one dial. */
export const BYTES_WAITING_MAX = 2 * 1024 * 1024;
/** Bytes waiting on a link above which we stop reading from it: its replies are not being taken. */
export const LINK_PAUSE_BYTES = 1024 * 1024;
/** Bytes waiting on a link above which our own requests are refused as unreachable. */
export const LINK_FULL_BYTES = 4 * 1024 * 1024;
/** Open calls of a peer on one link; more are dropped. */
export const PEER_CALLS_MAX = 4096;
/** A call that nobody answered is forgotten after this, in ms; the core gave it up long before. */
export const CALL_FORGET_MS = 30_000;

/** How often a node looks whether it stood still, in ms. */
export const PAUSE_TICK_MS = 250;
/** Shorter pauses, in ms, are no danger: a value may be served two seconds after its end. */
export const PAUSE_MS_MIN = 250;
/** So long after a pause what was sent during it may still be read, in ms. */
export const PAUSE_AFTERMATH_MS = 2000;
/** After a pause as long as this, in ms, a node does not answer for silent peers, */
export const PAUSE_LONG_MS = 1000;
/** for so long; it asks them again after */
export const PAUSE_RECOVERY_MS = 5000;
export const ASK_AGAIN_MS = 100;

/** Questions of a peer that cost a look at all records, CHECK and COMPARE and LEAVE: at once, */
export const ROUNDS_AT_ONCE_MAX = 256;
/** and in a second after that; all peers together get so many times as much. */
export const ROUNDS_PER_SECOND_MAX = 8;
export const ROUNDS_OF_ALL_FACTOR = 4;
/** Whoever has asked no more than this lately is answered even then. */
export const ROUNDS_MODEST = 8;
/** Peers of which it is remembered how much they asked. */
export const ALLOWANCES_MAX = 10_000;

/** An older node has so long for an answer, in ms, */
export const CLASSIC_ANSWER_MS = 1200;
/** and is asked so often, for an answer may go to somebody else's connection: about as long as the
 * core waits. */
export const CLASSIC_TRIES = 2;
/** Such nodes that are known to be, those spoken to last. */
export const CLASSIC_NODES_MAX = 10_000;
/** Calls to one of them that wait for their turn, */
export const CLASSIC_CALLS_MAX = 64;
/** and so long at most, in ms. */
export const CLASSIC_WAIT_MS_MAX = 3000;
/** How long after a PUT it is asked for the value, in ms, one time after the other. */
export const CLASSIC_READ_BACK_MS = [10, 100, 400] as const;
/** Its questions on one connection that wait for their answers, */
export const CLASSIC_ASKED_MAX = 32;
/** and how long it may say nothing there, in ms, if it never said where it listens. */
export const CLASSIC_IDLE_MS_MAX = 60_000;
/** Hops of its PUT that names none, unless an operator says otherwise (`max_lookup`). */
export const CLASSIC_HOPS = 3;
/** So long after a record was first met its bytes, sent by an older node, are an echo, in ms. */
export const ECHO_MS_MAX = 10_000;
/** Records without a signature that are remembered: 400 bytes each. */
export const UNSIGNED_MAX = 4096;
/** Certificates of publishers that were verified, those met last: about 1 KiB each with the key. */
export const PUBLISHERS_MAX = 4096;

/** Peers in the directory: with four addresses each takes 1.3 KiB of heap, 270 MB when full. */
export const PEERS_MAX = 200_000;

/** Connections to the client API; the newest are dropped. */
export const CLIENTS_MAX = 4096;
/** Requests in flight of one client; then its connection is not read. Twice what goes on at once of
 * all clients: more would only wait here, at a kilobyte each. */
export const CLIENT_REQUESTS_MAX = 64;
/** Bytes waiting for one client: with no room for another reply it is not read, nor are its GETs
 * begun. */
export const CLIENT_PAUSE_BYTES = 96 * 1024;
/** A client that takes none of the bytes waiting for it is cut off after this, in ms. */
export const CLIENT_STALL_MS_MAX = 30_000;

/** Reads, and likewise writes, of clients in the core at once; later ones wait for their turn. */
export const OPERATIONS_AT_ONCE_MAX = 32;
/** Operations that wait for their turn, of all clients; who has its share is refused as busy. */
export const OPERATIONS_WAITING_MAX = 4096;
/** Whose turn comes later than this is refused as busy, in ms: more than the core gives those
 * before it. */
export const OPERATIONS_WAITING_MS_MAX = 15_000;
/** Value bytes held for what is in progress, all together; PUTs and stores beyond are refused. */
export const VALUES_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of one synced batch on disk: more writes wait for the next one. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Bytes of what was written last, which the database has in memory and in its log; a fourth of what
 * LevelDB takes by itself. The less, the sooner is its memory what it stays at (docs/testing.md,
 * soak), and the less is there to be read at a start, or to be lost with a damaged log.
 */
export const DISK_LOG_BYTES = 1024 * 1024;
/**
 * Blocks of its tables that it has unpacked in memory, an eighth of what LevelDB takes by itself.
 * They come with whatever is read, for hours; that files are in memory is the system's business.
 */
export const DISK_CACHE_BYTES = 1024 * 1024;
/** After a write failed, the database is tried again every so often, in ms. */
export const DISK_RETRY_MS = 2000;

/** Connections to the admin server, and answers on one, which may all be asked for at once; */
export const ADMIN_CONNECTIONS_MAX = 32;
export const ADMIN_ANSWERS_MAX = 100;
/** the time for a request, and that in which nothing comes or goes, in ms: Node grants that once
 * more where it wrote meanwhile. */
export const ADMIN_MS_MAX = 10_000;
export const ADMIN_STILL_MS_MAX = 20_000;
/** Those who watch the dashboard at once, */
export const LISTENERS_MAX = 16;
/** how often they are told what there is to see, in ms, */
export const OBSERVE_MS = 1000;
/** and how many times in a row one may be left out that has not taken the last; then it is cut. */
export const MISSED_MAX = 5;
/** A little more than a node gives an operation: who asked for one waits so long for its end, and
 * a node that owes an answer and says nothing for so long is gone. In ms. */
export const OVERDUE_MS = 15_000;
/** Look-ups from the dashboard at once, what may be seen of the way of each, */
export const LOOKUPS_AT_ONCE_MAX = 4;
export const HOPS_SEEN_MAX = 256;
/** and the bytes of the question. */
export const QUESTION_BYTES_MAX = 4096;
/** Contacts, and links, that the dashboard is told of. */
export const CONTACTS_SEEN_MAX = 1000;
export const LINKS_SEEN_MAX = 500;
/** Operations whose times are kept for the dashboard, of one kind. */
export const RECENT_MAX = 4096;
/** Warnings that the status shows, the last ones. */
export const WARNINGS_KEPT = 50;

/** Lines a second of one kind in the log; the rest is counted: nobody else may fill our disk. */
export const LOG_LINES_PER_SECOND_MAX = 10;
/** Characters of a peer's or client's text in the log. */
export const LOG_TEXT_MAX = 64;

/** Bytes of a segment of a recording, before they are packed: the node's state stands in each. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Of a recording on disk, unless its operator says otherwise. */
export const RECORDING_BYTES_MAX = 256 * 1024 * 1024;
/** How often what was recorded is handed to the disk, in ms. */
export const RECORDING_FLUSH_MS = 1000;
/** Bytes of a recording that wait for the disk above which it pauses. */
export const RECORDING_BEHIND_BYTES = 16 * 1024 * 1024;

/** A clean stop takes 10 s at most, as promised. Counted from its beginning, in ms: what clients
 * asked is answered by the first, the core has left by the second (it takes 8 s itself, of which
 * the farewells are sent in 6), and the third is for links and the disk. */
export const STOP_DRAINED_MS = 1500;
export const STOP_LEFT_MS = 8500;
export const STOP_CLOSED_MS = 9500;

/** What proves the identity of a node is said to run out from so long before on, in ms, */
export const ENDING_SOON_MS = 14 * DAY_MS;
/** so often. */
export const ENDING_LOOK_MS = DAY_MS;

/** How soon after another contact the peers are saved while they are few, in ms. */
export const SAVE_SOON_MS = 1000;
/** How often the peers that are known are saved, in ms. */
export const SAVE_PEERS_MS = 60_000;
/** Of them so many; all are tried at the next start. */
export const SAVED_PEERS_MAX = 100;
/** While contacts are fewer than this, earlier ones are kept beside them, */
export const SAVED_PEERS_ENOUGH = 50;
/** for so many days. */
export const SAVED_PEER_DAYS = 30;
/** A line has 76 characters and four addresses of 48 at most. */
export const PEERS_FILE_BYTES_MAX = 32 * 1024;
/** Saved peers have this, in ms, before introducers are asked, */
export const SEARCH_MS = 3000;
/** or until so many are found. */
export const SEARCH_ENOUGH = 8;
/** A node without contacts tries saved peers again after up to this, in ms, doubled each time. */
export const REJOIN_MS = 1000;
/** How often a node looks whether it is in another network now, in ms. */
export const NETWORK_LOOK_MS = 3000;
/** So often, in ms, it is said that a bootstrap node failed once more. */
export const FAILED_AGAIN_MS = 10_000;

/** Seconds of life that a PUT can name, a client's or an older node's: the field has 16 bits. */
export const PUT_TTL_S_MAX = 65_535;
/** What a delete counts for in a batch, in bytes: a look at the disk, as dear as a small record. */
export const DELETE_BYTES = 1024;
/** A link on which nothing was heard since a call of ours was sent is cut after this, in ms: long
 * after the core gave the call up, and before it is forgotten. TCP alone would take 15 minutes. */
export const LINK_SILENT_MS_MAX = 10_000;
/** A link whose other side takes none of the bytes for which we stopped reading is cut after this,
 * in ms: what a slow one takes is seen in steps of a megabyte. */
export const LINK_STALL_MS_MAX = 30_000;
/** Files of the operator that cannot be used and do not change are tried again after a look, then
 * after twice as long each time, up to this, in ms: certificates take time to read. */
export const FILE_AGAIN_MS_MAX = 30_000;
