/**
 * Words of how an operation ended, with the path of its lookup: `Outcome` and `Trail`, the fields
 * in the order of `src/types.ts`.
 */

import { assertNever } from '../../src/assert.ts';
import type { Failure, Outcome } from '../../src/step-types.ts';
import type { Trail } from '../../src/types.ts';
import { oneOf } from './forms.ts';
import { readHeader, writeHeader } from './record.ts';
import type { Reader, Writer } from './words.ts';

export function writeOutcome(out: Writer, outcome: Outcome): void {
  outcomes.write(out, outcome.type);
  switch (outcome.type) {
    case 'joined':
      return out.number(outcome.contacts);
    case 'nodes':
    case 'absent':
      return writeTrail(out, outcome.trail);
    case 'found':
      writeHeader(out, outcome.record);
      out.word(outcome.holder);
      return writeTrail(out, outcome.trail);
    case 'stored':
      writeHeader(out, outcome.record);
      out.intList(outcome.holders);
      out.number(outcome.wanted);
      return writeTrail(out, outcome.trail);
    case 'left':
      return;
    case 'failed':
      failures.write(out, outcome.failure);
      out.intList(outcome.holders);
      out.number(outcome.wanted);
      return writeTrail(out, outcome.trail);
    default:
      return assertNever(outcome);
  }
}

export function readOutcome(input: Reader): Outcome {
  const type = outcomes.read(input);
  switch (type) {
    case 'joined':
      return { type, contacts: input.number() };
    case 'nodes':
    case 'absent':
      return { type, trail: readTrail(input) };
    case 'found':
      return {
        type,
        record: readHeader(input),
        holder: input.word(),
        trail: readTrail(input),
      };
    case 'stored':
      return {
        type,
        record: readHeader(input),
        holders: input.intList(),
        wanted: input.number(),
        trail: readTrail(input),
      };
    case 'left':
      return { type };
    case 'failed':
      return {
        type,
        failure: failures.read(input),
        holders: input.intList(),
        wanted: input.number(),
        trail: readTrail(input),
      };
    default:
      return assertNever(type);
  }
}

export function writeTrail(out: Writer, trail: Trail): void {
  out.intList(trail.nearest);
  out.intList(trail.responders);
  out.intList(trail.namedBy);
  out.number(trail.requests);
  out.number(trail.replies);
}

export function readTrail(input: Reader): Trail {
  return {
    nearest: input.intList(),
    responders: input.intList(),
    namedBy: input.intList(),
    requests: input.number(),
    replies: input.number(),
  };
}

const outcomes = oneOf<Outcome['type']>({
  joined: 1,
  nodes: 2,
  found: 3,
  absent: 4,
  stored: 5,
  left: 6,
  failed: 7,
});

const failures = oneOf<Failure>({
  'no-peers': 1,
  'timed-out': 2,
  'too-few-replicas': 3,
  'too-many-operations': 4,
  leaving: 5,
  invalid: 6,
  full: 7,
});
