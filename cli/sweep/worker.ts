/**
 * `orrery sweep-worker`: runs cells of sweeps that others put on a queue in Redis, until it is
 * stopped.
 *
 * Exit codes: 0 after Ctrl-C, when what was under way has been given back; 1 when the Redis server
 * was lost; 2 when it was not there at the start.
 */

import { availableParallelism } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { UsageError } from '../../runtime/failure.ts';
import { RedisLost, SweepFault } from '../../sim/edge/sweep/fault.ts';
import { CommandFailure } from '../failure.ts';
import { wholeNumber } from '../flags.ts';
import { print, say } from '../output.ts';
import { watchForStop } from '../signals.ts';

export function sweepWorkerCommand(version: string): CommandUnknownOpts {
  return new Command('sweep-worker')
    .description('run cells of sweeps from a queue until stopped')
    .requiredOption('--redis <url>', 'the server of the queue, as in redis://127.0.0.1:6379')
    .option('--concurrency <n>', 'cells at a time (default: all cores)', wholeNumber(1, 1024))
    .action(async ({ redis, concurrency = availableParallelism() }) => {
      try {
        await serve(redis, concurrency, version);
      } catch (error) {
        if (error instanceof RedisLost) throw new CommandFailure(error.message);
        if (error instanceof SweepFault) throw new UsageError(error.message);
        throw error;
      }
    });
}

async function serve(redis: string, concurrency: number, version: string): Promise<void> {
  const { RedisLink } = await import('../../sim/edge/sweep/redis/link.ts');
  const { serveCells } = await import('../../sim/edge/sweep/redis/worker.ts');
  const stop = watchForStop();
  const abort = new AbortController();
  void stop.asked.then(() => {
    abort.abort();
  });
  const link = await RedisLink.open(redis, say);
  try {
    print(`ready: version ${version}, ${concurrency} cells at a time, from ${link.name}`);
    await serveCells({ link, version, concurrency, signal: abort.signal, say });
    say('stopped');
  } finally {
    link.end();
    stop.end();
  }
}
