/**
 * The signed list of introducers as a file (docs/bootstrap.md):
 *
 *   { "leader": "ID", "term": 7, "madeAt": "2026-01-31T12:00:00.000Z",
 *     "introducers": [{ "id": "ID", "at": ["HOST:PORT"] }], "signed": "BASE64" }
 *
 * `signed` is the list as it travels, with all that proves it; the rest is for people to read, and
 * nothing that a program obeys.
 *
 * Invariant: parsing never throws on what is in the text.
 */
import { hexOf } from '../../host/words.ts';
import { peersIn } from '../../src/codec/address.ts';
import { packIntroducers, unpackIntroducers } from '../../src/codec/introducers.ts';
import type { WireIntroducers } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';
import { objectIn, readWhole } from '../files.ts';
import { formatEndpoint, fromWireAddress } from '../links/address.ts';
import type { Endpoint } from '../links/address.ts';

/** An introducer of a list. */
export interface Listed {
  /** In hex. */
  readonly id: string;
  readonly at: readonly Endpoint[];
}

/** What people read of a list. */
export interface ShownIntroducers {
  readonly leader: string;
  readonly term: number;
  readonly madeAt: string;
  readonly introducers: readonly { readonly id: string; readonly at: readonly string[] }[];
}

export function shownIntroducers(list: WireIntroducers): ShownIntroducers {
  return {
    leader: hexOf(list.leader),
    term: list.term,
    madeAt: new Date(list.madeAtMs).toISOString(),
    introducers: listedIn(list).map(({ id, at }) => ({ id, at: at.map(formatEndpoint) })),
  };
}

export function textOfIntroducers(list: WireIntroducers): string {
  const signed = Buffer.from(packIntroducers(list)).toString('base64');
  return `${JSON.stringify({ ...shownIntroducers(list), signed }, undefined, 2)}\n`;
}

/** Nothing when it is no list, whoever signed it. */
export function parseIntroducers(text: string): WireIntroducers | undefined {
  const signed = objectIn(text)?.['signed'];
  if (typeof signed !== 'string') return undefined;
  return unpackIntroducers(Uint8Array.from(Buffer.from(signed, 'base64')));
}

/** @throws UsageError when the file holds no list; whose it is, the node that reads it finds out */
export async function readIntroducers(path: string): Promise<WireIntroducers> {
  const use = { what: 'the list of introducers', hint: INTRODUCERS_HINT };
  const list = parseIntroducers(await readWhole(path, use));
  if (list !== undefined) return list;
  throw new UsageError(`${path} holds no list of introducers: ${INTRODUCERS_HINT}`);
}

export function listedIn({ peers }: WireIntroducers): readonly Listed[] {
  return [...peersIn(peers)].map(({ id, addresses }) => ({
    id: hexOf(id),
    at: addresses.map(fromWireAddress).filter((one) => one !== undefined),
  }));
}

const INTRODUCERS_HINT = 'fetch one from any node with "npx orrery introducers"';
