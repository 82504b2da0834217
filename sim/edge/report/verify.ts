/**
 * Runs simulations again from their recorded options and seed, and compares digests: the proof that
 * a result is what its report says.
 *
 * Files that a run read are looked for where they were, seen from the working directory, and have
 * to hold the same bytes. A result of another version is run all the same: an equal digest is a
 * proof whatever the version, a different one is then no surprise.
 */

import { join } from 'node:path';
import type { Progress } from '../../main.ts';
import { optionFaults } from '../../option-faults.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { simulateApart, snapshotApart } from '../apart.ts';
import { MaterialFault, readMaterials } from '../materials.ts';
import { ReportFault } from './fault.ts';
import { readResult } from './read.ts';
import type { Result } from './read.ts';
import { optionsOf } from './settings-text.ts';
import { readSweep, valueText } from './sweep-read.ts';
import { isSweep } from './write.ts';

/** A result to be run again. */
export interface Claim {
  /** As in `result.json` or `cells/ID.json`. */
  readonly file: string;
  /** Where it stands in a sweep; nothing for a run. */
  readonly place: string;
  readonly path: string;
}

export interface Verdict {
  readonly recorded: string;
  readonly found: string;
  readonly isEqual: boolean;
  /** Version that made the result, when it is another than ours. */
  readonly otherVersion: string | undefined;
}

/**
 * @param most at most so many cells of a sweep, evenly spread over the grid
 * @throws ReportFault when there is nothing to verify
 */
export async function claimsIn(dir: string, most = Infinity): Promise<readonly Claim[]> {
  if (!(await isSweep(dir))) {
    return [{ file: 'result.json', place: '', path: join(dir, 'result.json') }];
  }
  const { cells, axes } = await readSweep(dir);
  const done = new Map<string, Claim>();
  for (const { id, values, seed, status } of cells) {
    if (status !== 'done' || done.has(id)) continue;
    const words = axes.map(({ key }) => `${key} ${valueText(values[key])}`);
    const place = [...words, `seed ${seed}`].join(', ');
    done.set(id, { file: `cells/${id}.json`, place, path: join(dir, 'cells', `${id}.json`) });
  }
  const all = [...done.values()];
  if (all.length === 0)
    throw new ReportFault(`${dir} has no cell that is done: run the sweep first`);
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]).filter(
    (claim) => claim !== undefined,
  );
}

/** @throws ReportFault when it cannot be run here */
export async function verify(
  claim: Claim,
  version: string,
  onProgress: (progress: Progress) => boolean,
): Promise<Verdict> {
  const result = await readResult(claim.path);
  const { digest: recorded } = result;
  if (recorded === undefined) {
    throw new ReportFault(
      `${claim.file} is of real nodes, and no two such runs are the same: lay another beside it ` +
        'with orrery compare',
    );
  }
  const options = optionsOf(result.config);
  const [fault] = optionFaults(options);
  if (fault !== undefined)
    throw new ReportFault(`${claim.file} has settings that cannot be: ${fault}`);
  const { materials } = await materialsOf(options);
  const from =
    result.from === undefined ? {} : { from: await originOf(result.from, version, onProgress) };
  const hooks = { materials, onProgress, ...from };
  const { digest: found } = await simulateApart(options, version, hooks);
  return {
    recorded,
    found,
    isEqual: found === recorded,
    otherVersion: result.version === version ? undefined : result.version,
  };
}

/** A fork begins with the run that it was forked from, run as far as the place of the fork. */
async function originOf(
  { config, afterMs }: NonNullable<Result['from']>,
  version: string,
  onProgress: (progress: Progress) => boolean,
): Promise<Snapshot> {
  const { materials } = await materialsOf(config);
  return await snapshotApart(config, version, afterMs, { materials, onProgress });
}

type Options = ReturnType<typeof optionsOf>;

async function materialsOf({ latency, churn }: Options): ReturnType<typeof readMaterials> {
  try {
    return await readMaterials(latency, churn, '');
  } catch (error) {
    if (error instanceof MaterialFault) throw new ReportFault(error.message);
    throw error;
  }
}
