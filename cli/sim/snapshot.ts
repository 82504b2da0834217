/**
 * The flags of `orrery sim` about snapshots: `--snapshot FILE` (with `--snapshot-at D`) saves the
 * simulated network on the way, `--from FILE` goes on from one. With no other settings what is gone
 * on with ends as the run that was saved would have; with others it is a fork of it.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { UsageError } from '../../runtime/failure.ts';
import { fileFault } from '../../runtime/files.ts';
import { SettingsFault } from '../../sim/edge/settings/fault.ts';
import type { Given } from '../../sim/edge/settings/settings.ts';
import { loadSnapshot, saveSnapshot, SnapshotFault } from '../../sim/edge/snapshot-file.ts';
import type { SnapshotOrder } from '../../sim/main.ts';
import type { SimOptions } from '../../sim/options.ts';
import { forkFaults, type Snapshot } from '../../sim/snapshot/snapshot.ts';
import { parseDuration } from '../../sim/specs.ts';
import { CommandFailure } from '../failure.ts';
import { say } from '../output.ts';

/** A snapshot that was asked for; `saved` waits for its file. */
export interface SavingOrder extends SnapshotOrder {
  /** @param wasStopped whether the run was cut short, so that there may be none */
  saved(wasStopped: boolean): Promise<void>;
}

/** @throws UsageError when the snapshot to go on from cannot be used */
export async function snapshotsOf(
  flags: Given,
  version: string,
): Promise<{ readonly from: Snapshot | undefined; readonly order: SavingOrder | undefined }> {
  const { from, snapshot, snapshotAt } = flags;
  if (snapshotAt !== undefined && typeof snapshot !== 'string') {
    throw new UsageError('--snapshot-at goes with --snapshot FILE: name the file');
  }
  const afterMs = typeof snapshotAt === 'number' ? snapshotAt : 0;
  return {
    from: typeof from === 'string' ? await load(from, version) : undefined,
    order: typeof snapshot === 'string' ? orderOf(snapshot, afterMs, version) : undefined,
  };
}

/** @throws SettingsFault when the settings want another network than the snapshot holds */
export function refuseOtherNetwork(from: Snapshot, options: SimOptions): void {
  const faults = forkFaults(from, options);
  if (faults.length > 0) throw new SettingsFault(faults);
}

/** @throws UsageError when the run will be over before the instant that is to be saved */
export function refuseTooLate({ afterMs }: SavingOrder, { durationMs }: SimOptions): void {
  if (durationMs === 0 || afterMs <= durationMs) return;
  throw new UsageError(
    `--snapshot-at ${afterMs / 1000}s is after the end, ${durationMs / 1000}s after the warm-up: ` +
      'save it earlier, or give a longer --duration',
  );
}

/** Reads how long after the warm-up a snapshot is wanted, in ms. */
export function moment(text: string): number {
  const read = parseDuration(text);
  if (!read.ok) throw new InvalidArgumentError(`${read.fault}.`);
  return read.value;
}

async function load(path: string, version: string): Promise<Snapshot> {
  try {
    return await loadSnapshot(path, version);
  } catch (error) {
    throw error instanceof SnapshotFault ? new UsageError(error.message) : error;
  }
}

function orderOf(path: string, afterMs: number, version: string): SavingOrder {
  let saving: Promise<void> | undefined;
  return {
    afterMs,
    take: (snapshot) => {
      saving = saveSnapshot(path, version, snapshot);
      // Whoever waits for `saved` is told; until then a fault is nobody's.
      saving.catch(() => undefined);
    },
    saved: async (wasStopped) => {
      if (saving === undefined) {
        if (wasStopped) return;
        throw new CommandFailure(`the run ended before the instant of ${path}: nothing was saved`);
      }
      try {
        await saving;
      } catch (error) {
        throw new UsageError(`the snapshot cannot be written to ${path}: ${fileFault(error)}`);
      }
      say(`orrery sim: the snapshot is in ${path}`);
    },
  };
}
