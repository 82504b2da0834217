/**
 * The ballot of a voter as text:
 *
 *   orrery ballot 1
 *   node ID
 *   term NUMBER
 *   vote ID            or - : for nobody so far
 *   voters VERSION ID ID ID
 *   signature HEX      or - : the list stands in the settings
 *   check HEX          SHA-256 of the lines above
 *
 * Invariants: reading never throws, and makes nothing of a text of which a byte is wrong; the same
 * ballot gives the same text.
 */
import { hash } from 'node:crypto';
import { hexOf } from '../../host/words.ts';
import { idsIn } from '../../src/codec/election.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { bytesOfHex, isId, isListOf, isVersion, packedOf } from './voter-list.ts';

/** What is on disk of `Ballot` in src/types.ts: ids for handles, and whose it is, in hex. */
export interface BallotFields {
  readonly node: string;
  readonly term: number;
  readonly vote: string | undefined;
  readonly voters: WireVoters;
}

export function textOfBallot({ node, term, vote, voters }: BallotFields): string {
  const { version, ids, signature } = voters;
  const lines = [
    HEAD,
    `node ${node}`,
    `term ${term}`,
    `vote ${vote ?? NONE}`,
    ['voters', version, ...idsIn({ ids }).map(hexOf)].join(' '),
    `signature ${signature.length === 0 ? NONE : hexOf(signature)}`,
  ];
  const text = `${lines.join('\n')}\n`;
  return `${text}check ${checkOf(text)}\n`;
}

/** Nothing when it is no whole and sound ballot. */
export function parseBallot(text: string): BallotFields | undefined {
  const [, body = '', check] = /^([^]*\n)check ([0-9a-f]{64})\n$/.exec(text) ?? [];
  if (check === undefined || check !== checkOf(body)) return undefined;
  const [head, node, term, vote, voters, signature] = body.split('\n').map(wordsOf);
  if (head?.join(' ') !== HEAD || !isId(node?.[1])) return undefined;
  const [, version, ...ids] = voters ?? [];
  const [number, whom, signed] = [Number(term?.[1]), vote?.[1], signature?.[1]];
  if (!Number.isSafeInteger(number) || number < 0 || !isVersion(Number(version))) return undefined;
  if (!ids.every(isId) || !isListOf(ids) || signed === undefined) return undefined;
  if (whom !== NONE && !isId(whom)) return undefined;
  return {
    node: node[1],
    term: number,
    vote: whom === NONE ? undefined : whom,
    voters: {
      version: Number(version),
      ids: packedOf(ids),
      signature: signed === NONE ? new Uint8Array() : bytesOfHex(signed),
    },
  };
}

function wordsOf(line: string): readonly string[] {
  return line.split(' ');
}

function checkOf(text: string): string {
  return hash('sha256', text);
}

const HEAD = 'orrery ballot 1';
const NONE = '-';
