/**
 * `import … from 'orrery/core'`: the protocol alone, as pure functions (docs/embedding.md, The
 * core; ARCHITECTURE.md). A host calls `create` once and `step` for everything that happens, and
 * performs the effects that come out.
 *
 * Invariant: only files of src/ are loaded, so it runs wherever JavaScript does: no module of Node,
 * no clock, no chance.
 */

/** The two functions: a first state, and the next one with what is to be done. */
export { create, step } from '../src/step.ts';
export type { NodeState, Step } from '../src/step.ts';
/** Settings, and what is wrong with them. */
export { configFaults, defaultConfig } from '../src/config.ts';
/** What goes into a step and comes out of it. */
export type { Command, Effect, Failure, Input, Note } from '../src/step-types.ts';
export type { Outcome, Write } from '../src/step-types.ts';
export type {
  Bits256,
  CallId,
  Config,
  Directory,
  Kept,
  KeptRecord,
  Key,
  Message,
  Moment,
  OpId,
  Peer,
  Position,
  Quota,
  Range,
  RecordBody,
  RecordHeader,
  Refusal,
  Reply,
  Request,
  Round,
  Sum,
  Token,
  Trail,
} from '../src/types.ts';
/** Points of the key space; of peers, as a directory holds them. */
export { compareDistance, idOf, positionOf, sharedBits } from '../src/position.ts';
/** What a node knows. */
export { contactCount } from '../src/table/table.ts';
export { nearestContacts } from '../src/table/nearest.ts';
/** Everything that must hold of a state: one line for each thing that does not. */
export { checkNode } from '../src/invariants/invariants.ts';
/** The bounds of everything. */
export * as limits from '../src/limits.ts';
/** Bytes to messages and back, between peers and for clients; decoding never throws. */
export { decodeClient, encodeClient } from '../src/codec/client.ts';
export { decodePeer, encodePeer } from '../src/codec/peer.ts';
export { packPeers, peersIn } from '../src/codec/address.ts';
export { headerFor, signedBytes } from '../src/codec/record.ts';
export type {
  ClientMessage,
  Decoded,
  GoodbyeReason,
  PutStatus,
  WireAddress,
  WireGoodbye,
  WireHeader,
  WireHello,
  WireMessage,
  WirePeer,
  WirePeers,
  WireRange,
  WireRecord,
  WireRefusal,
  WireReply,
  WireRequest,
  WireSum,
} from '../src/wire-types.ts';
