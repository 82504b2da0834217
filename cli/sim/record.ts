/**
 * The flags of `orrery sim` about recordings: `--record FILE` writes down what the core of one node
 * is given, for `orrery replay`; `--record-node N` says of which one.
 */
import { dirname } from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { segmentPath } from '../../host/recording/form.ts';
import { UsageError } from '../../runtime/failure.ts';
import { makeDirectory } from '../../runtime/files.ts';
import { segmentsAt } from '../../runtime/recording/segments.ts';
import type { Recorded, RecordOrder } from '../../sim/edge/node-recording.ts';
import type { Given } from '../../sim/edge/settings/settings.ts';
import type { SimOptions } from '../../sim/options.ts';
import { CommandFailure } from '../failure.ts';
import { counted, say } from '../output.ts';

/** A recording that was asked for; `tell` says what became of it. */
export interface SimRecording {
  readonly record: RecordOrder;
  readonly onRecorded: (recorded: Recorded) => void;
  /** @throws CommandFailure when there is none */
  readonly tell: () => void;
}

/** @throws UsageError when the run cannot be recorded, or not there */
export async function recordingOf(
  { record: path, recordNode }: Given,
  { workers }: SimOptions,
): Promise<SimRecording | undefined> {
  if (typeof path !== 'string') {
    if (recordNode === undefined) return undefined;
    throw new UsageError('--record-node goes with --record FILE: name the file');
  }
  if (workers > 1) {
    throw new UsageError('--record goes with --workers 1: the digest is the same');
  }
  const first = segmentPath(path, 1);
  const [there] = await segmentsAt(path);
  if (there !== undefined) {
    throw new UsageError(`${there} is there already: remove it, or give --record another name`);
  }
  await makeDirectory(dirname(path));
  const record = { path, node: typeof recordNode === 'number' ? recordNode : 0 };
  let recorded: Recorded | undefined;
  return {
    record,
    onRecorded: (told) => {
      recorded = told;
    },
    tell: () => {
      if (recorded === undefined) return;
      const { id, steps, lives } = recorded;
      if (lives === 0) {
        throw new CommandFailure(`node ${record.node} was never online: nothing was recorded`);
      }
      const how = lives === 1 ? '' : ` in ${lives} lives`;
      say(`orrery sim: ${counted(steps, 'step')} of node ${id.slice(0, 8)}${how} are in ${first}`);
    },
  };
}

/** Reads which node is meant: its number, or its name as in the tables of a result. */
export function simNode(text: string): number {
  const [, number] = /^(\d{1,9})(?::[0-9a-f]{8})?$/.exec(text) ?? [];
  if (number !== undefined) return Number(number);
  throw new InvalidArgumentError('give a number, 0 the first, or a name as in 7:c5ab99e5.');
}
