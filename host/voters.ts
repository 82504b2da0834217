/**
 * Lists of voters between what travels and what the core knows: ids become handles, and a list
 * counts only when its edge says that the authority has signed it, or that every node was told so.
 */
import { idsIn, packIds } from '../src/codec/election.ts';
import type { Introducers, Peer, Voters } from '../src/types.ts';
import type { WireIntroducers, WireVoters } from '../src/wire-types.ts';
import type { PeerDirectory } from './directory.ts';

export interface VotersEdge {
  readonly directory: PeerDirectory;
  /** Whether a list is one by which this network votes; its signature is kept for `signatureOf`. */
  certifies(voters: WireVoters): boolean;
  /** What was signed of the list of a version; empty where that stands in the settings. */
  signatureOf(version: number): Uint8Array | undefined;
}

/** What an edge knows of lists of introducers. */
export interface IntroducersEdge {
  /** Whether the leader's certificate is good and its key signed `endorsedBytes(wire)`. */
  endorses(wire: WireIntroducers): boolean;
  /** The bytes that arrived with a list; the core may still refuse it. */
  keepIntroducers(list: Introducers, wire: WireIntroducers): void;
  /** The list as it travels: as it arrived, or signed now when this node has made it. */
  introducersOf(list: Introducers): WireIntroducers | undefined;
}

/** @returns nothing when it is not certified, or names nobody, or somebody twice */
export function admitVoters(edge: VotersEdge, wire: WireVoters): Voters | undefined {
  if (wire.version < 1 || wire.ids.length === 0 || !edge.certifies(wire)) return undefined;
  const peers: Peer[] = [];
  for (const id of idsIn(wire)) {
    const peer = edge.directory.intern(id);
    if (peer === undefined || peers.includes(peer)) return undefined;
    peers.push(peer);
  }
  return { version: wire.version, peers };
}

export function presentVoters(edge: VotersEdge, voters: Voters): WireVoters | undefined {
  const signature = edge.signatureOf(voters.version);
  if (signature === undefined) return undefined;
  const ids = packIds(voters.peers.map((peer) => edge.directory.idOf(peer)));
  return { version: voters.version, ids, signature };
}
