/**
 * Words of inputs, which with their moments are the whole history of a node: a code for the kind,
 * then the fields in the order of `src/types.ts`.
 */

import { assertNever } from '../../src/assert.ts';
import type { Command, Input } from '../../src/step-types.ts';
import { readVoters, writeVoters } from './election.ts';
import { readOptional, writeOptional } from './forms.ts';
import { readMessage, writeMessage } from './message.ts';
import { readHeader, readKey, readPosition } from './record.ts';
import { writeHeader, writeKey, writePosition } from './record.ts';
import type { Reader, Writer } from './words.ts';

export function writeInput(out: Writer, input: Input): void {
  switch (input.type) {
    case 'command':
      out.word(COMMAND);
      out.number(input.op);
      return writeCommand(out, input.command);
    case 'message':
      out.word(MESSAGE);
      out.word(input.from);
      return writeMessage(out, input.message);
    case 'unreachable':
      out.word(UNREACHABLE);
      out.word(input.peer);
      return out.number(input.call);
    case 'unsent':
      out.word(UNSENT);
      out.word(input.peer);
      return out.number(input.call);
    case 'persisted':
      out.word(PERSISTED);
      out.number(input.token);
      return out.bool(input.ok);
    case 'signed':
      out.word(SIGNED);
      out.number(input.token);
      return writeHeader(out, input.record);
    case 'lost':
      out.word(LOST);
      return writeHeader(out, input.record);
    case 'introduced':
      out.word(INTRODUCED);
      out.number(input.introducer);
      return writeOptional(out, input.peer, writePeer);
    case 'voters':
      out.word(VOTERS);
      return writeVoters(out, input.voters);
    case 'wake':
      return out.word(WAKE);
    default:
      return assertNever(input);
  }
}

export function readInput(input: Reader): Input {
  const kind = input.word();
  switch (kind) {
    case COMMAND:
      return { type: 'command', op: input.number(), command: readCommand(input) };
    case MESSAGE:
      return { type: 'message', from: input.word(), message: readMessage(input) };
    case UNREACHABLE:
      return { type: 'unreachable', peer: input.word(), call: input.number() };
    case UNSENT:
      return { type: 'unsent', peer: input.word(), call: input.number() };
    case PERSISTED:
      return { type: 'persisted', token: input.number(), ok: input.bool() };
    case SIGNED:
      return { type: 'signed', token: input.number(), record: readHeader(input) };
    case LOST:
      return { type: 'lost', record: readHeader(input) };
    case INTRODUCED:
      return {
        type: 'introduced',
        introducer: input.number(),
        peer: readOptional(input, readPeer),
      };
    case VOTERS:
      return { type: 'voters', voters: readVoters(input) };
    case WAKE:
      return { type: 'wake' };
    default:
      throw input.fault(`${kind} is no kind of input`);
  }
}

function writeCommand(out: Writer, command: Command): void {
  switch (command.type) {
    case 'join':
      out.word(JOIN);
      out.number(command.introducers);
      return out.intList(command.peers);
    case 'lookup':
      out.word(LOOKUP);
      return writePosition(out, command.target);
    case 'get':
      out.word(GET);
      return writeKey(out, command.key);
    case 'put':
      out.word(PUT);
      writeKey(out, command.key);
      out.number(command.size);
      out.number(command.replication);
      return out.number(command.ttlS);
    case 'leave':
      return out.word(LEAVE);
    default:
      return assertNever(command);
  }
}

function readCommand(input: Reader): Command {
  const kind = input.word();
  switch (kind) {
    case JOIN:
      return { type: 'join', introducers: input.number(), peers: input.intList() };
    case LOOKUP:
      return { type: 'lookup', target: readPosition(input) };
    case GET:
      return { type: 'get', key: readKey(input) };
    case PUT:
      return {
        type: 'put',
        key: readKey(input),
        size: input.number(),
        replication: input.number(),
        ttlS: input.number(),
      };
    case LEAVE:
      return { type: 'leave' };
    default:
      throw input.fault(`${kind} is no kind of command`);
  }
}

const writePeer = (out: Writer, peer: number): void => out.word(peer);
const readPeer = (input: Reader): number => input.word();

const COMMAND = 1;
const MESSAGE = 2;
const UNREACHABLE = 3;
const PERSISTED = 4;
const SIGNED = 5;
const INTRODUCED = 6;
const WAKE = 7;
const LOST = 8;
const UNSENT = 9;
const VOTERS = 10;

const JOIN = 1;
const LOOKUP = 2;
const GET = 3;
const PUT = 4;
const LEAVE = 5;
