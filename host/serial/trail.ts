/**
 * Words of the path of a lookup: `Trail`, the fields in the order of `src/types.ts`.
 */

import type { Trail } from '../../src/types.ts';
import type { Reader, Writer } from './words.ts';

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
