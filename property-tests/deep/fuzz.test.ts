// The codecs and the streaming reader under damaged frames; `npm run test:deep -- fuzz` does it
// for long.
import { randomInt } from 'node:crypto';
import test from 'ava';
import { EVERY_KIND } from '../core/codec-laws.ts';
import { deadline } from './ending.ts';
import { fuzz } from './fuzz.ts';

test.serial(
  'damaged frames get an answer, at once, and cost no more than they brought',
  async (t) => {
    t.timeout(120_000);
    const seed = String(randomInt(2 ** 32));
    t.log(`seed ${seed}`);
    const plan = { seed, inputs: 100_000, frames: 120, stride: 4099, samples: 100 };
    const { report, lines, faults } = await fuzz(plan, deadline(110_000));
    for (const line of lines) t.log(line);
    t.deepEqual(faults, []);
    t.is(report.inputs, plan.inputs);
    // All that there is was met, so that what holds was shown for all of it.
    t.deepEqual([...report.accepted.keys()].sort(), [...EVERY_KIND].sort());
    t.is(report.refused.size, 9, [...report.refused.keys()].join('\n'));
    t.true(report.partial > 0 && report.unknown > 0 && report.streams > 0);
    for (const { worst } of report.allocations) {
      const measured = new Set(worst.map(({ kind }) => kind));
      t.deepEqual(
        EVERY_KIND.filter((kind) => !measured.has(kind)),
        [],
      );
    }
  },
);
