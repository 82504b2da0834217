/**
 * A list of voters as a file, and what the authority signs of it (docs/operations.md, Voters):
 *
 *   { "version": 2, "voters": ["ID", "ID", "ID"], "signature": "HEX" }
 *
 * Signed is: the bytes of `DOMAIN`, SHA-256 of the authority's public key (DER), the version u32,
 * a count u8, the ids. So a signature is of one network and of nothing else that the authority
 * signs. A list that stands in the settings of every node has no signature.
 *
 * Invariants: the ids of a list differ; reading never throws on what is in the text; the same list
 * gives the same text.
 */
import { hash, sign } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { hexOf } from '../../host/words.ts';
import { idsIn, packIds } from '../../src/codec/election.ts';
import { VOTERS_MAX } from '../../src/limits.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { UsageError } from '../failure.ts';
import { objectIn, readWhole } from '../files.ts';
import { verifyBytes } from '../identity/identity.ts';
import type { ListSigner } from '../identity/revocations.ts';

type Claims = Pick<WireVoters, 'version' | 'ids'>;

export function signVoters(
  { version, ids }: Claims,
  { certificate, key }: Pick<ListSigner, 'certificate' | 'key'>,
): WireVoters {
  const signature = Uint8Array.from(
    sign(null, signedVoterBytes({ version, ids }, certificate.publicKey), key),
  );
  return { version, ids, signature };
}

export function isSignedVoters(list: WireVoters, authority: X509Certificate): boolean {
  const { publicKey } = authority;
  return verifyBytes(publicKey, signedVoterBytes(list, publicKey), list.signature);
}

/** A list by which every node was told in its settings to vote. */
export function configuredVoters(ids: readonly string[]): WireVoters {
  return { version: 1, ids: packedOf(ids), signature: new Uint8Array() };
}

/** @throws UsageError when the file holds no list, or one that is not of this authority */
export async function readVoters(path: string, authority: X509Certificate): Promise<WireVoters> {
  const list = parseVoters(
    await readWhole(path, { what: 'the list of voters', hint: VOTERS_HINT }),
  );
  if (list === undefined) {
    throw new UsageError(`${path} holds no list of voters of an authority: ${VOTERS_HINT}`);
  }
  if (isSignedVoters(list, authority)) return list;
  throw new UsageError(
    `${path} is not signed by the authority of this node: take voters.json of the same authority`,
  );
}

export function textOfVoters({ version, ids, signature }: WireVoters): string {
  const fields = { version, voters: idsIn({ ids }).map(hexOf), signature: hexOf(signature) };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

/** Nothing when it is no list with a signature, whoever made that. */
export function parseVoters(text: string): WireVoters | undefined {
  const read = objectIn(text);
  if (read === undefined) return undefined;
  const { version, voters, signature } = read;
  if (!isVersion(version) || !Array.isArray(voters) || typeof signature !== 'string') {
    return undefined;
  }
  const ids: readonly unknown[] = voters;
  if (!ids.every(isId) || !isListOf(ids) || !/^[0-9a-f]{128}$/.test(signature)) return undefined;
  return { version, ids: packedOf(ids), signature: bytesOfHex(signature) };
}

/** Whether so many different ids can be a list: between two of odd sizes one goes over an even. */
export function isListOf(ids: readonly string[]): boolean {
  return ids.length >= 1 && ids.length <= VOTERS_MAX && new Set(ids).size === ids.length;
}

/** Why so many voters are no list to begin with; nothing when they are one. */
export function faultOfCount(count: number): string | undefined {
  if (count % 2 === 1 && count >= VOTERS_MIN && count <= VOTERS_MAX) return undefined;
  const why =
    count < VOTERS_MIN
      ? 'with fewer than three nothing may fail'
      : count > VOTERS_MAX
        ? 'more are only slower'
        : 'one less outlives as many failures, for a majority of them is smaller';
  return `${count} ${count === 1 ? 'voter is' : 'voters are'} no list: ${why}; give 3, 5 or 7`;
}

export function isId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}

export function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= VERSION_MAX;
}

export function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** Ids in hex as a list holds them. */
export function packedOf(ids: readonly string[]): Uint8Array {
  return packIds(ids.map(bytesOfHex));
}

/** Whether two lists are of one version and name the same ids in the same order. */
export function isSameList(a: Claims, b: Claims): boolean {
  return a.version === b.version && Buffer.compare(a.ids, b.ids) === 0;
}

/** What is signed of a list; docs/wire.md has an example. */
export function signedVoterBytes({ version, ids }: Claims, authority: KeyObject): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(version);
  head.writeUInt8(idsIn({ ids }).length, 4);
  const key = authority.export({ type: 'spki', format: 'der' });
  return Buffer.concat([Buffer.from(DOMAIN), hash('sha256', key, 'buffer'), head, ids]);
}

const DOMAIN = 'orrery voters 1\n';
const VOTERS_MIN = 3;
const VERSION_MAX = 2 ** 32 - 1;
const VOTERS_HINT = 'make it with "npx orrery ca voters ID ID ID" and copy voters.json here';
