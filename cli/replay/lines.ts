/**
 * Inputs and effects in one line each, as `orrery replay` shows them. Peers and keys go by the
 * first eight digits of their ids.
 */
import type { PeerDirectory } from '../../host/directory.ts';
import type { RecordedValue } from '../../host/recording/form.ts';
import { bytesOfBits256, hexOf } from '../../host/words.ts';
import type { Command, Effect, Input, Note, Outcome, Write } from '../../src/step-types.ts';
import type { Key, Message, Peer, Position, RecordHeader, Reply } from '../../src/types.ts';
import type { Request, Voters } from '../../src/types.ts';
import type { TapePoint } from './tape.ts';

/** Names what handles stand for. */
export class Namer {
  readonly #directory: PeerDirectory;
  readonly #self: Peer;

  /** Of a point of the recording: handles mean others in another segment. */
  constructor({ directory, state }: TapePoint) {
    this.#directory = directory;
    this.#self = state.self;
  }

  peer(peer: Peer): string {
    if (peer === this.#self) return 'itself';
    const directory = this.#directory;
    return peer < directory.count ? directory.idHexOf(peer).slice(0, 8) : `#${peer}`;
  }

  peers(peers: readonly Peer[]): string {
    const first = peers.slice(0, SHOWN).map((peer) => this.peer(peer));
    const more = peers.length - first.length;
    return `[${first.join(' ')}${more > 0 ? ` and ${more} more` : ''}]`;
  }

  key({ raw }: Key): string {
    return hexOf(bytesOfBits256(raw)).slice(0, 8);
  }

  position({ w0 }: Position): string {
    return (w0 >>> 0).toString(16).padStart(8, '0');
  }

  voters({ version, peers }: Voters): string {
    return `voters ${version}: ${peers.map((peer) => this.peer(peer)).join(', ')}`;
  }

  record(record: RecordHeader): string {
    const { key, version, size, lifeMs } = record;
    const life = `${Math.round(lifeMs / 1000)} s left`;
    return `record ${this.key(key)} version ${version}, ${size} bytes, ${life}`;
  }
}

export function inputLine(input: Input, names: Namer): string {
  switch (input.type) {
    case 'command':
      return `command ${input.op}: ${commandText(input.command, names)}`;
    case 'message':
      return `from ${names.peer(input.from)}: ${messageText(input.message, names)}`;
    case 'unreachable':
    case 'unsent':
      return `${input.type}: call ${input.call} to ${names.peer(input.peer)}`;
    case 'persisted':
      return `persisted: ${input.token} ${input.ok ? 'is on disk' : 'failed'}`;
    case 'signed':
      return `signed: ${input.token}, ${names.record(input.record)}`;
    case 'lost':
      return `lost from disk: ${names.record(input.record)}`;
    case 'introduced': {
      const found = input.peer === undefined ? 'nobody' : names.peer(input.peer);
      return `introducer ${input.introducer}: ${found}`;
    }
    case 'voters':
      return `given ${names.voters(input.voters)}`;
    case 'wake':
      return 'wake';
  }
}

function writeText(write: Write, names: Namer): string {
  switch (write.type) {
    case 'put':
      return `write ${names.record(write.record.header)}`;
    case 'delete':
      return `delete ${names.record(write.record)}`;
    case 'ballot': {
      const { term, vote, voters } = write.ballot;
      const voted = vote === undefined ? 'no vote' : `vote for ${names.peer(vote)}`;
      return `ballot: term ${term}, ${voted}, ${names.voters(voters)}`;
    }
  }
}

/** What a record stands for: its bytes as text where they are text, escaped, or their SHA-256. */
export function valueText({ form, bytes }: RecordedValue): string {
  if (form === 'sha256') return `a value with SHA-256 ${hexOf(bytes)}`;
  const text = Buffer.from(bytes).toString('utf8', 0, VALUE_BYTES_SHOWN);
  const shown = text.includes('\ufffd')
    ? hexOf(bytes.subarray(0, VALUE_BYTES_SHOWN))
    : JSON.stringify(text);
  const more = bytes.length > VALUE_BYTES_SHOWN ? ' …' : '';
  return `the value, ${bytes.length} bytes: ${shown}${more}`;
}

export function effectLine(effect: Effect, names: Namer): string {
  switch (effect.type) {
    case 'send':
      return `to ${names.peer(effect.to)}: ${messageText(effect.message, names)}`;
    case 'settle':
      return `settle ${effect.op}: ${outcomeText(effect.outcome, names)}`;
    case 'persist': {
      const writes = effect.writes.map((write) => writeText(write, names));
      return `persist ${effect.token}: ${writes.join('; ')}`;
    }
    case 'sign':
      return `sign ${effect.token}: record ${names.key(effect.body.key)}`;
    case 'introduce':
      return `ask introducer ${effect.introducer}`;
    case 'note':
      return `note: ${noteText(effect.note, names)}`;
  }
}

function commandText(command: Command, names: Namer): string {
  switch (command.type) {
    case 'join':
      return `join through ${command.introducers} introducers and ${command.peers.length} peers`;
    case 'lookup':
      return `lookup of ${names.position(command.target)}`;
    case 'get':
      return `get ${names.key(command.key)}`;
    case 'put': {
      const { key, size, replication, ttlS } = command;
      return `put ${names.key(key)}, ${size} bytes, ${replication} replicas, ${ttlS} s`;
    }
    case 'leave':
      return 'leave';
  }
}

function messageText({ type, call, body }: Message, names: Namer): string {
  return `${type} ${call} ${bodyText(body, names)}`;
}

function bodyText(body: Request | Reply, names: Namer): string {
  switch (body.type) {
    case 'find-node':
      return `find-node ${names.position(body.target)}`;
    case 'find-value':
    case 'find-version':
      return `${body.type} ${names.key(body.key)}`;
    case 'store':
    case 'value':
      return `${body.type} ${names.record(body.record)}`;
    case 'relay':
      return `relay ${names.record(body.record)} with ${body.hops} hops`;
    case 'version':
      return `version ${names.record(body.record)} ${names.peers(body.peers)}`;
    case 'peers':
      return `peers ${names.peers(body.peers)}`;
    case 'check':
    case 'sum':
      return `${body.type} of ${body.sum.count} records in ${rangeText(body.range, names)}`;
    case 'compare':
    case 'tags':
      return `${body.type} of ${body.tags.length / 2} records in ${rangeText(body.range, names)}`;
    case 'vote':
      return `${body.isPreVote ? 'pre-vote' : 'vote'} in term ${body.term}`;
    case 'heartbeat':
      return `heartbeat of term ${body.term}, ${names.voters(body.voters)}`;
    case 'resign':
      return `resign in term ${body.term} for ${names.peer(body.successor)}`;
    case 'term':
      return `${body.ok ? 'yes' : 'no'} of term ${body.term}`;
    case 'refused':
      return `refused: ${body.reason}`;
    default:
      return body.type;
  }
}

function rangeText({ bits, from }: { bits: number; from: Position }, names: Namer): string {
  return bits === 0 ? 'all' : `${names.position(from)}/${bits}`;
}

function outcomeText(outcome: Outcome, names: Namer): string {
  switch (outcome.type) {
    case 'joined':
      return `joined with ${outcome.contacts} contacts`;
    case 'nodes':
      return `nodes ${names.peers(outcome.trail.nearest)}`;
    case 'found':
      return `found ${names.record(outcome.record)} at ${names.peer(outcome.holder)}`;
    case 'stored': {
      const { holders, wanted } = outcome;
      return `stored on ${holders.length} of ${wanted}: ${names.peers(holders)}`;
    }
    case 'failed':
      return `failed: ${outcome.failure}, ${outcome.holders.length} of ${outcome.wanted} stored`;
    default:
      return outcome.type;
  }
}

function noteText(note: Note, names: Namer): string {
  if (note.type === 'record-expired') return `${note.count} records expired`;
  const about = 'key' in note ? ` ${names.key(note.key)}` : '';
  return `${note.type}${about}${'peer' in note ? ` ${names.peer(note.peer)}` : ''}`;
}

const SHOWN = 6;
const VALUE_BYTES_SHOWN = 48;
