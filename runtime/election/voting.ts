/**
 * What a node knows for the election before there is a network: its ballot, and the lists of
 * voters that are certified: signed by the authority, or named in the settings.
 *
 * A node that has lost its ballot abstains: it is given no list, so it neither votes nor stands
 * until a leader has named it, and it takes no leader's word before all that its earlier life said
 * is over. It then goes by the list and the term of that leader, as a newcomer does.
 *
 * Invariants: of two lists of one version only the first that was known counts; a list that the
 * core has is known as long as it has it, whatever others are sent; what is known is bounded.
 */
import type { PeerDirectory } from '../../host/directory.ts';
import { admitVoters, presentVoters } from '../../host/voters.ts';
import type { VotersEdge } from '../../host/voters.ts';
import { assert } from '../../src/assert.ts';
import { idsIn } from '../../src/codec/election.ts';
import { NEWCOMER_MS } from '../../src/limits.ts';
import type { Election } from '../../src/state/election.ts';
import type { Ballot, Kept, Peer, Voters } from '../../src/types.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { VOTER_LISTS_MAX } from '../bounds.ts';
import type { Clock } from '../clock.ts';
import { UsageError } from '../failure.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import type { Log } from '../log.ts';
import { KeptBallot } from './kept-ballot.ts';
import type { BallotState } from './kept-ballot.ts';
import { bytesOfHex, isSameList, isSignedVoters } from './voter-list.ts';

export interface VotingParts {
  readonly dataDir: string;
  readonly identity: LiveIdentity;
  readonly directory: PeerDirectory;
  readonly clock: Clock;
  readonly log: Log;
}

export class Voting implements VotersEdge {
  readonly directory: PeerDirectory;
  /** What the core is to begin with. */
  readonly kept: Pick<Kept, 'ballot' | 'voters'>;
  readonly #parts: VotingParts;
  readonly #ballot: KeptBallot;
  /** By version; the one that was of use last comes last. */
  readonly #lists = new Map<number, WireVoters>();
  readonly #startedAt: number;
  /** Of the ballot's list. */
  #version = 0;
  /** Of the lists that the core has: it may write or send either at any time. */
  #inUse = 0;
  #proposed = 0;

  private constructor(parts: VotingParts, ballot: KeptBallot, given: WireVoters | undefined) {
    this.#parts = parts;
    this.#ballot = ballot;
    this.#startedAt = this.#now();
    this.directory = parts.directory;
    const { found } = ballot;
    if (found !== undefined) this.#note(found.voters);
    this.#version = found?.voters.version ?? 0;
    if (given !== undefined) this.#judgeGiven(given);
    const voters = given === undefined || this.isLost ? undefined : this.#handlesOf(given);
    this.#proposed = voters?.version ?? 0;
    if (found === undefined) this.kept = { voters };
    else {
      const vote = found.vote === undefined ? undefined : this.#peerOf(bytesOfHex(found.vote));
      const list = this.#handlesOf(found.voters);
      this.kept = { ballot: { term: found.term, vote, voters: list }, voters };
    }
  }

  /**
   * @param given named in the settings, or signed by the authority
   * @throws UsageError when the ballot cannot be read, or was by another list of that version
   */
  static async open(parts: VotingParts, given: WireVoters | undefined): Promise<Voting> {
    const { dataDir, identity, log } = parts;
    return new Voting(parts, await KeptBallot.open(dataDir, identity.now, log), given);
  }

  get ballotState(): BallotState {
    return this.#ballot.state;
  }

  get isLost(): boolean {
    return this.#ballot.state === 'lost';
  }

  certifies(list: WireVoters): boolean {
    const isEarly = this.isLost && this.#now() - this.#startedAt < NEWCOMER_MS;
    return !isEarly && this.#isCertified(list);
  }

  signatureOf(version: number): Uint8Array | undefined {
    return this.#lists.get(version)?.signature;
  }

  /** The list of the ballot; nothing: this node has none. */
  get current(): WireVoters | undefined {
    return this.#lists.get(this.#version);
  }

  /** A list that the operator gives while the node runs; nothing when it does not count. */
  take(list: WireVoters): Voters | undefined {
    const certifies = (one: WireVoters): boolean => this.#isCertified(one);
    return admitVoters({ ...this.#edge(), certifies }, list);
  }

  /** @param election as it is after a step */
  onElection({ ballot, proposed }: Pick<Election, 'ballot' | 'proposed'>): void {
    this.#inUse = ballot.voters.version;
    this.#proposed = proposed?.version ?? 0;
  }

  /** @returns whether it is on disk. Never rejects. */
  persist({ term, vote, voters: list }: Ballot): Promise<boolean> {
    const voters = presentVoters(this, list);
    assert(voters !== undefined, 'a ballot is by a list that is known');
    this.#version = voters.version;
    const whom = vote === undefined ? undefined : this.directory.idHexOf(vote);
    const node = this.#parts.identity.now.nodeIdHex;
    return this.#ballot.write({ node, term, vote: whom, voters });
  }

  /** Resolves when no ballot is being written. */
  settled(): Promise<void> {
    return this.#ballot.settled();
  }

  #now(): number {
    return this.#parts.clock.moment().now;
  }

  #edge(): Omit<VotersEdge, 'certifies'> {
    return { directory: this.directory, signatureOf: (version) => this.signatureOf(version) };
  }

  #isCertified(list: WireVoters): boolean {
    const known = this.#lists.get(list.version);
    if (known !== undefined && !isSameList(known, list)) return false;
    // A signature says more than none: others may not have the list in their settings.
    const isNews = known === undefined || known.signature.length === 0;
    const isSigned = isNews && isSignedVoters(list, this.#parts.identity.now.authority);
    if (known === undefined && !isSigned) return false;
    this.#note(isSigned ? list : (known ?? list));
    return true;
  }

  /** Keeps a copy, for what travelled is a view of a buffer. */
  #note({ version, ids, signature }: WireVoters): void {
    this.#lists.delete(version);
    this.#lists.set(version, { version, ids: ids.slice(), signature: signature.slice() });
    if (this.#lists.size <= VOTER_LISTS_MAX) return;
    const kept = [this.#version, this.#inUse, this.#proposed];
    const oldest = [...this.#lists.keys()].find((one) => !kept.includes(one));
    if (oldest !== undefined) this.#lists.delete(oldest);
  }

  #judgeGiven(given: WireVoters): void {
    const known = this.#lists.get(given.version);
    if (known === undefined || given.signature.length > 0) this.#note(given);
    if (known === undefined || isSameList(known, given)) return;
    throw new UsageError(
      `the ballot in ${this.#parts.dataDir} is by other voters of version ${given.version}: ` +
        'a list is changed by the next version, "npx orrery ca voters" signs it',
    );
  }

  #handlesOf(list: WireVoters): Voters {
    return { version: list.version, peers: idsIn(list).map((id) => this.#peerOf(id)) };
  }

  #peerOf(id: Uint8Array): Peer {
    const peer = this.directory.intern(id);
    assert(peer !== undefined, 'a directory has room for voters at the start');
    return peer;
  }
}
