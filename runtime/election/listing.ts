/**
 * Lists of introducers at a real node: whether one counts, the bytes of those that do, and the
 * newest of them on disk, so that a node finds its way back when all that it was told of is gone.
 *
 * Invariants: a list counts when the authority has signed its voters, or the settings name them,
 * and its leader is one of them, holds a certificate of the authority that is not revoked, and has
 * signed it. That says nothing of its term, and anybody may repeat an old one: so what arrived is
 * kept only as long as the core holds it, and only what the core has taken gets to the disk. What
 * the file holds is checked by the same signatures; nothing that is wrong with the file keeps a
 * node from starting or running.
 */
import { join } from 'node:path';
import { presentPeers } from '../../host/present.ts';
import type { IntroducersEdge } from '../../host/voters.ts';
import { idsIn } from '../../src/codec/election.ts';
import { endorsedBytes } from '../../src/codec/introducers.ts';
import type { Election } from '../../src/state/election.ts';
import type { Introducers, Peer } from '../../src/types.ts';
import type { WireAddress, WireIntroducers } from '../../src/wire-types.ts';
import { dayOf } from '../clock.ts';
import { UsageError } from '../failure.ts';
import { fileExists, readWhole, writeWhole } from '../files.ts';
import { signBytes } from '../identity/identity.ts';
import type { LiveIdentity } from '../identity/live-identity.ts';
import type { AddressBook } from '../links/address-book.ts';
import type { SavedPeer } from '../links/peers-file.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { listedIn, parseIntroducers, textOfIntroducers } from './introducers-file.ts';
import type { Voting } from './voting.ts';

export interface ListingParts {
  readonly dataDir: string;
  readonly identity: LiveIdentity;
  readonly self: Peer;
  readonly book: AddressBook;
  readonly voting: Voting;
  readonly log: Log;
}

export class Listing implements IntroducersEdge {
  readonly #parts: ListingParts;
  /** The bytes of each list that the core has, and of no other: they go with it. */
  readonly #bytes = new WeakMap<Introducers, WireIntroducers>();
  /** What the core had after the last step. */
  #taken: Introducers | undefined;
  #newest: WireIntroducers | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(parts: ListingParts) {
    this.#parts = parts;
  }

  /**
   * @param given a list that the operator fetched from some node
   * @throws UsageError when that one is not of this network
   */
  static async open(parts: ListingParts, given: WireIntroducers | undefined): Promise<Listing> {
    const listing = new Listing(parts);
    const saved = await listing.#saved();
    if (saved !== undefined && listing.#counts(saved)) listing.#note(saved);
    if (given === undefined) return listing;
    if (!listing.#counts(given)) throw new UsageError(NOT_OURS);
    listing.#note(given);
    return listing;
  }

  /** The newest list that counts: of those that the core has taken, the file and the operator. */
  get newest(): WireIntroducers | undefined {
    return this.#newest;
  }

  /** Whom that names, to be tried like peers of an earlier life. */
  get peers(): readonly SavedPeer[] {
    const list = this.#newest;
    if (list === undefined) return [];
    const named = listedIn(list).filter(({ at }) => at.length > 0);
    return named.map((each) => ({ ...each, seen: dayOf(list.madeAtMs) }));
  }

  endorses(list: WireIntroducers): boolean {
    const { certificate, madeAtMs: atWallMs, leader: id, signature } = list;
    const { identity } = this.#parts;
    const text = (): Uint8Array => endorsedBytes(list);
    return identity.judgeSigned({ certificate, atWallMs, id }, text, signature) === 'good';
  }

  keepIntroducers(list: Introducers, wire: WireIntroducers): void {
    this.#bytes.set(list, copyOf(wire));
  }

  introducersOf(list: Introducers): WireIntroducers | undefined {
    const known = this.#bytes.get(list);
    if (known !== undefined || list.leader !== this.#parts.self) return known;
    const signed = this.#sign(list);
    if (signed !== undefined) this.#bytes.set(list, signed);
    return signed;
  }

  /** @param election as it is after a step */
  onElection({ introducers }: Pick<Election, 'introducers'>): void {
    if (introducers === undefined || introducers === this.#taken) return;
    this.#taken = introducers;
    const list = this.introducersOf(introducers);
    if (list !== undefined) this.#note(list);
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#saving;
  }

  #sign({ term, serial, madeAtMs, peers }: Introducers): WireIntroducers | undefined {
    const { identity, book, voting } = this.#parts;
    const voters = voting.current;
    if (voters === undefined) return undefined;
    const { nodeId: leader, certificateDer: certificate } = identity.now;
    const addressesOf = (peer: Peer): readonly WireAddress[] => book.addressesOf(peer);
    const named = presentPeers({ directory: voting.directory, addressesOf }, peers);
    const list = { term, serial, madeAtMs, voters, leader, certificate, peers: named };
    return { ...list, signature: signBytes(identity.now, endorsedBytes(list)) };
  }

  #counts(list: WireIntroducers): boolean {
    const isVoter = idsIn(list.voters).some((id) => Buffer.compare(id, list.leader) === 0);
    return isVoter && this.#parts.voting.take(list.voters) !== undefined && this.endorses(list);
  }

  #note(list: WireIntroducers): void {
    if (!isNewer(list, this.#newest)) return;
    this.#newest = list;
    this.#saving = this.#saving.then(() => this.#save(list));
  }

  get #path(): string {
    return join(this.#parts.dataDir, 'introducers.json');
  }

  /** Only the newest, when several came meanwhile. */
  async #save(list: WireIntroducers): Promise<void> {
    if (list !== this.#newest) return;
    try {
      await writeWhole(this.#path, textOfIntroducers(list), 0o600);
    } catch (error) {
      this.#parts.log.warn({ reason: reasonOf(error) }, 'the list of introducers cannot be saved');
    }
  }

  async #saved(): Promise<WireIntroducers | undefined> {
    const use = { what: 'the list of introducers', hint: 'delete it: another one comes' };
    try {
      if (!(await fileExists(this.#path))) return undefined;
      return parseIntroducers(await readWhole(this.#path, use));
    } catch (error) {
      this.#parts.log.warn({ reason: reasonOf(error) }, 'the list of introducers cannot be read');
      return undefined;
    }
  }
}

function isNewer(list: WireIntroducers, before: WireIntroducers | undefined): boolean {
  if (before === undefined || list.term > before.term) return true;
  return list.term === before.term && list.serial > before.serial;
}

/** What travelled is a view of a buffer. */
function copyOf(list: WireIntroducers): WireIntroducers {
  const { version, ids, signature } = list.voters;
  return {
    ...list,
    voters: { version, ids: ids.slice(), signature: signature.slice() },
    leader: list.leader.slice(),
    certificate: list.certificate.slice(),
    peers: list.peers.slice(),
    signature: list.signature.slice(),
  };
}

const NOT_OURS =
  'the list of introducers is of another network: fetch one from a node whose authority is the ' +
  'same, with "npx orrery introducers"';
