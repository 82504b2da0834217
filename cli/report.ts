/**
 * `orrery report DIR`: makes the report of a run or a sweep again, or with
 * `--verify` runs the simulation again from its recorded options and seed and compares digests.
 *
 * Exit codes: 0 done and, when verifying, all digests equal; 1 a digest differs; 2 a folder without
 * a usable result; 130 when Ctrl-C cut it short.
 */

import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../runtime/failure.ts';
import { ReportFault } from '../sim/edge/report/fault.ts';
import { claimsIn, verify } from '../sim/edge/report/verify.ts';
import type { Claim, Verdict } from '../sim/edge/report/verify.ts';
import { writeReport } from '../sim/edge/report/write.ts';
import { Interrupted } from '../sim/main.ts';
import { CommandFailure, EXIT_INTERRUPTED, ToldFailure } from './failure.ts';
import { Meter } from './meter.ts';
import { print, say } from './output.ts';

const EXAMPLES = `
Examples:
  $ npx orrery sim --nodes 1000 --out out/sim && npx orrery report out/sim
  $ npx orrery report out/sim --verify
  $ npx orrery report out/k-and-alpha --verify --cells 3

Files that the run read are looked for as seen from the working directory.`;

export function reportCommand(version: string): CommandUnknownOpts {
  return new Command('report')
    .description('make the report of a result, or verify the result by running it again')
    .argument('<dir>', 'folder of a run or of a sweep')
    .option('--verify', 'run it again and compare the digests', false)
    .option('--cells <n>', 'with --verify: at most so many cells of a sweep', count)
    .addHelpText('after', EXAMPLES)
    .action(async (dir, { verify: isVerifying, cells }) => {
      if (cells !== undefined && !isVerifying) {
        throw new UsageError('--cells goes with --verify');
      }
      try {
        if (isVerifying) await verifyAll(dir, version, cells);
        else {
          await writeReport(dir);
          print(`written ${dir}/report.html and ${dir}/figures`);
        }
      } catch (error) {
        if (error instanceof ReportFault) throw new UsageError(error.message);
        throw error;
      }
    });
}

async function verifyAll(dir: string, version: string, most: number | undefined): Promise<void> {
  const claims = await claimsIn(dir, most);
  const others = new Set<string>();
  let differing = 0;
  for (const [index, claim] of claims.entries()) {
    const verdict = await verifyWatched(claim, version, `${index + 1} of ${claims.length}`);
    const { otherVersion } = verdict;
    if (otherVersion !== undefined && !others.has(otherVersion)) {
      others.add(otherVersion);
      say(`${claim.file} was made by version ${otherVersion}, this is ${version}: trying it`);
    }
    if (!verdict.isEqual) differing++;
    tell(claim, verdict);
  }
  if (differing === 0) return;
  const all =
    claims.length === 1 ? 'the digest differs' : `${differing} of ${claims.length} differ`;
  throw new CommandFailure(`${all}: this program does not do what the result says`);
}

async function verifyWatched(claim: Claim, version: string, nth: string): Promise<Verdict> {
  let stopping = false;
  const stop = (): void => {
    stopping = true;
  };
  process.once('SIGINT', stop);
  const meter = new Meter();
  try {
    return await verify(claim, version, ({ share, events, phase }) => {
      meter.show(share, events, 'events', `${phase}, ${nth}`);
      return stopping;
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    meter.end();
    say('orrery report: stopped by Ctrl-C; not verified');
    throw new ToldFailure(EXIT_INTERRUPTED);
  } finally {
    meter.end();
    process.removeListener('SIGINT', stop);
  }
}

function tell({ file, place }: Claim, { recorded, found, isEqual }: Verdict): void {
  print(`${isEqual ? 'equal    ' : 'DIFFERENT'} ${file}${place === '' ? '' : ` (${place})`}`);
  print(`  recorded ${recorded}`);
  print(`  found    ${found}`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number above 0.');
}
