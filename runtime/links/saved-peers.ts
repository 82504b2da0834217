/**
 * Peers that outlive the node: its contacts, written to `peers` in the data directory every minute,
 * soon after each of the first ones, and at a clean stop; and there for the next start
 * (`joining.ts`).
 *
 * Rules: the file is put in place whole, and only when it would change; one that is damaged is
 * renamed and said in the log; nothing that is wrong with it keeps a node from starting or running.
 * What it says of a peer is only where to look: its certificate proves who is there.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  PEERS_FILE_BYTES_MAX,
  SAVED_PEERS_ENOUGH,
  SAVE_PEERS_MS,
  SAVE_SOON_MS,
} from '../bounds.ts';
import { dayOf } from '../clock.ts';
import { systemCode } from '../failure.ts';
import { fileFault, textAtStart, writeWhole } from '../files.ts';
import { reasonOf } from '../log.ts';
import type { Log } from '../log.ts';
import { chosenPeers, parsePeers, textOfPeers } from './peers-file.ts';
import type { SavedPeer } from './peers-file.ts';

/** A contact and where it was found. */
export type Contact = Omit<SavedPeer, 'seen'>;

export class SavedPeers {
  readonly #path: string;
  readonly #log: Log;
  #peers: readonly SavedPeer[];
  /** What is in the file. */
  #text: string;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #contacts: () => readonly Contact[] = () => [];
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, log: Log, peers: readonly SavedPeer[]) {
    this.#path = path;
    this.#log = log;
    this.#peers = peers;
    this.#text = textOfPeers(peers);
  }

  static async open(dataDir: string, log: Log): Promise<SavedPeers> {
    const path = join(dataDir, 'peers');
    return new SavedPeers(path, log, await readPeers(path, log));
  }

  /** All of them, in no order that matters. */
  get peers(): readonly SavedPeer[] {
    return this.#peers;
  }

  /** Saves from now on, every so often, who is known then. */
  begin(contacts: () => readonly Contact[], everyMs = SAVE_PEERS_MS): void {
    this.#contacts = contacts;
    this.#timer = setInterval(() => {
      void this.save();
    }, everyMs);
    this.#timer.unref();
  }

  /** Resolves when who is known now is in the file, or cannot be written to it. */
  save(): Promise<void> {
    const today = dayOf(Date.now());
    const contacts = this.#contacts().map((contact) => ({ ...contact, seen: today }));
    const peers = chosenPeers(contacts, this.#peers, today);
    this.#saving = this.#saving.then(() => this.#write(peers));
    return this.#saving;
  }

  /** There is another contact: in a small network the next to leave may be the last one known. */
  onContact(): void {
    if (this.#soon !== undefined || this.#peers.length >= SAVED_PEERS_ENOUGH) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      void this.save();
    }, SAVE_SOON_MS);
    this.#soon.unref();
  }

  end(): void {
    clearTimeout(this.#soon);
    clearInterval(this.#timer);
  }

  async #write(peers: readonly SavedPeer[]): Promise<void> {
    const text = textOfPeers(peers);
    this.#peers = peers;
    if (text === this.#text) return;
    try {
      await writeWhole(this.#path, text, 0o600);
      this.#text = text;
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, 'the known peers cannot be saved');
    }
  }
}

async function readPeers(path: string, log: Log): Promise<readonly SavedPeer[]> {
  const reason = 'it is damaged';
  try {
    const peers = parsePeers(await textAtStart(path, PEERS_FILE_BYTES_MAX));
    if (peers !== undefined) return peers;
  } catch (error) {
    // Nothing is known to be wrong with the file: it stays.
    if (systemCode(error) !== 'ENOENT') {
      log.warn({ reason: fileFault(error) }, 'the saved peers cannot be read');
    }
    return [];
  }
  const movedTo = `${path}.damaged`;
  const isMoved = await rename(path, movedTo).then(
    () => true,
    () => false,
  );
  log.warn({ reason, movedTo: isMoved ? movedTo : undefined }, 'the saved peers cannot be read');
  return [];
}
