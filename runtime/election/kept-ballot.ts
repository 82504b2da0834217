/**
 * The ballot of this node in its data directory.
 *
 *   ballot   the term, the vote in it and the list (`ballot-file.ts`), put in place whole
 *   voted    there once a ballot was, and for good
 *
 * A ballot that is not there although `voted` is, that is damaged or another node's is lost: the
 * node may have voted, and nobody knows for whom. A data directory without both is that of a node
 * that has never voted. Nothing here can tell that a ballot was put back from a backup, or that
 * both files were taken away: either may give two votes in one term (docs/operations.md, Voters).
 *
 * Invariants: ballots are written one after another; one counts as written when it and `voted` are
 * both on disk.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, UsageError } from '../failure.ts';
import { fileExists, fileFault, textAtStart, writeWhole } from '../files.ts';
import type { Identity } from '../identity/identity.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { parseBallot, textOfBallot } from './ballot-file.ts';
import type { BallotFields } from './ballot-file.ts';
import { isSignedVoters } from './voter-list.ts';

/** `none`: never voted. `unwritten`: the last one could not be written. */
export type BallotState = 'none' | 'kept' | 'unwritten' | 'lost';

export class KeptBallot {
  /** What was there at the start. */
  readonly found: BallotFields | undefined;
  readonly #dataDir: string;
  readonly #log: Log;
  #state: BallotState;
  #hasMark: boolean;
  #writing: Promise<boolean> = Promise.resolve(true);

  private constructor(dataDir: string, log: Log, { state, ballot, hasMark }: Found) {
    this.#dataDir = dataDir;
    this.#log = log;
    this.found = ballot;
    this.#state = state;
    this.#hasMark = hasMark;
  }

  /** @throws UsageError when there is one that cannot be read now: nothing is lost then */
  static async open(dataDir: string, identity: Identity, log: Log): Promise<KeptBallot> {
    return new KeptBallot(dataDir, log, await findBallot(dataDir, identity, log));
  }

  get state(): BallotState {
    return this.#state;
  }

  /** @returns whether it is on disk. Never rejects. */
  write(ballot: BallotFields): Promise<boolean> {
    const text = textOfBallot(ballot);
    this.#writing = this.#writing.then(() => this.#write(text));
    return this.#writing;
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(text: string): Promise<boolean> {
    try {
      await writeWhole(join(this.#dataDir, BALLOT), text, 0o600);
      if (!this.#hasMark) await writeMark(this.#dataDir);
      this.#hasMark = true;
      this.#state = 'kept';
      return true;
    } catch (error) {
      this.#state = 'unwritten';
      this.#log.error({ reason: reasonOf(error) }, 'the ballot cannot be written');
      return false;
    }
  }
}

interface Found {
  readonly state: BallotState;
  readonly ballot: BallotFields | undefined;
  readonly hasMark: boolean;
}

async function findBallot(dataDir: string, identity: Identity, log: Log): Promise<Found> {
  const path = join(dataDir, BALLOT);
  const hasMark = await fileExists(join(dataDir, MARK));
  const text = await textIn(path);
  if (text === undefined) {
    if (hasMark) log.error({ ballot: path }, `the ballot is gone: ${ABSTAINS}`);
    return { state: hasMark ? 'lost' : 'none', ballot: undefined, hasMark };
  }
  const ballot = parseBallot(text);
  const reason = faultOf(ballot, identity);
  if (reason === undefined) return { state: 'kept', ballot, hasMark };
  const movedTo = `${path}.damaged`;
  // The mark comes first: a node that ends in between must not begin as one that never voted.
  if (!hasMark) await writeMark(dataDir);
  await rename(path, movedTo);
  log.error({ reason, movedTo }, `the ballot is damaged: ${ABSTAINS}`);
  return { state: 'lost', ballot: undefined, hasMark: true };
}

function faultOf(ballot: BallotFields | undefined, identity: Identity): string | undefined {
  if (ballot === undefined) return 'its check fails';
  if (ballot.node !== identity.nodeIdHex) return 'it is of another node';
  const { voters } = ballot;
  const isOurs = voters.signature.length === 0 || isSignedVoters(voters, identity.authority);
  return isOurs ? undefined : 'its list is of another authority';
}

async function textIn(path: string): Promise<string | undefined> {
  try {
    return await textAtStart(path, BALLOT_BYTES_MAX);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new UsageError(`the ballot ${path} cannot be read: ${fileFault(error)}`);
  }
}

async function writeMark(dataDir: string): Promise<void> {
  await writeWhole(join(dataDir, MARK), MARK_TEXT, 0o600);
}

const BALLOT = 'ballot';
const MARK = 'voted';
const MARK_TEXT = 'This node has voted: without the ballot beside this file it abstains.\n';
const ABSTAINS = 'the node abstains until a leader names it';
/** Seven ids and a signature are under 1 KiB. */
const BALLOT_BYTES_MAX = 4096;
