/**
 * The two entries of each record in the database, and how they are read back at a start.
 *
 * Keys: `r!` and the 32 bytes of the key hold the whole record; `i!` and the key hold its head. A
 * start reads heads only. Both entries change in one batch, so after a crash there are both or
 * none; after damage there may be one without the other, and the heads are then made anew from
 * the records, which is slow and thorough.
 */
import type { KeptRecord } from '../../src/types.ts';
import { UsageError } from '../failure.ts';
import type { Database } from './database.ts';
import { decodeHead, decodeStored, encodeHead, isForeign } from './record-bytes.ts';

export type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

export function recordKey(key: Uint8Array): Uint8Array {
  return Buffer.concat([RECORD_PREFIX, key]);
}

export function headKey(key: Uint8Array): Uint8Array {
  return Buffer.concat([HEAD_PREFIX, key]);
}

/**
 * All heads.
 *
 * @returns nothing when one of them is damaged
 * @throws UsageError for a database of another version; any error of a database that is damaged
 */
export async function readHeads(db: Database): Promise<readonly KeptRecord[] | undefined> {
  await refuseFirstFormat(db);
  const heads: KeptRecord[] = [];
  for await (const page of pagesOf(db, HEAD_RANGE)) {
    for (const [key, bytes] of page) {
      const raw = key.subarray(PREFIX_BYTES);
      const head = decodeHead(raw, bytes);
      if (head === undefined) {
        refuseForeign(db, raw, bytes);
        return undefined;
      }
      heads.push(head);
    }
  }
  return heads;
}

export interface Rebuilt {
  readonly heads: readonly KeptRecord[];
  /** Records whose check failed, and which are gone. */
  readonly dropped: number;
}

/** Reads every record, drops the damaged ones and makes all heads anew. */
export async function rebuildHeads(db: Database): Promise<Rebuilt> {
  const heads: KeptRecord[] = [];
  const names = new Set<string>();
  let dropped = 0;
  for await (const page of pagesOf(db, RECORD_RANGE)) {
    const changes: Operation[] = [];
    for (const [key, bytes] of page) {
      const raw = key.subarray(PREFIX_BYTES);
      const stored = decodeStored(raw, bytes);
      if (stored === undefined) {
        refuseForeign(db, raw, bytes);
        changes.push({ type: 'del', key });
        dropped += 1;
        continue;
      }
      const { envelope: _, ...head } = stored;
      heads.push(head);
      names.add(nameOf(raw));
      changes.push({ type: 'put', key: headKey(raw), value: encodeHead(stored) });
    }
    await db.batch(changes, { sync: true });
  }
  for await (const page of pagesOf(db, HEAD_RANGE)) {
    const orphans = page.filter(([key]) => !names.has(nameOf(key.subarray(PREFIX_BYTES))));
    await db.batch(
      orphans.map(([key]) => ({ type: 'del', key })),
      { sync: true },
    );
  }
  return { heads, dropped };
}

/** A key as a key of maps. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

type Entry = [Uint8Array, Uint8Array];

async function* pagesOf(db: Database, range: object): AsyncGenerator<Entry[]> {
  const iterator = db.iterator({ ...range, highWaterMarkBytes: PAGE_BYTES, fillCache: false });
  try {
    for (;;) {
      const page = await iterator.nextv(PAGE_ENTRIES);
      if (page.length === 0) return;
      yield page;
    }
  } finally {
    await iterator.close();
  }
}

/** The first format, which nothing reads any more, had empty entries under `x!`. */
async function refuseFirstFormat(db: Database): Promise<void> {
  for await (const [, value] of db.iterator({ gte: FIRST_PREFIX, limit: 1 })) {
    if (value.length === 0) throw new UsageError(`${db.location} ${EARLIER}`);
  }
}

function refuseForeign(db: Database, key: Uint8Array, bytes: Uint8Array): void {
  if (isForeign(key, bytes)) throw new UsageError(`${db.location} ${LATER}`);
}

const EARLIER = 'was written by an earlier version of Orrery: move it away or delete it';
const LATER = 'was written by a later version of Orrery: start that one, or move it away';
const RECORD_PREFIX = Buffer.from('r!');
const HEAD_PREFIX = Buffer.from('i!');
const FIRST_PREFIX = Buffer.from('x!');
const PREFIX_BYTES = 2;
/** `"` follows `!`. */
const RECORD_RANGE = { gte: RECORD_PREFIX, lt: Buffer.from('r"') };
const HEAD_RANGE = { gte: HEAD_PREFIX, lt: Buffer.from('i"') };
const PAGE_ENTRIES = 1024;
const PAGE_BYTES = 256 * 1024;
