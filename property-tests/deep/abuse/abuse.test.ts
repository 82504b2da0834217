// Attacks on real nodes in their short form, a few at once; `npm run test:deep -- abuse` makes them
// in full. What is grossly late or grows grossly is a fault here, no less.
import { randomInt } from 'node:crypto';
import test from 'ava';
import { deadline } from '../ending.ts';
import { requireOrSkip } from '../../require.ts';
import { ATTACKS, attackNode } from './abuse.ts';
import { small } from './attack.ts';

for (const attack of ATTACKS) {
  test(`a node under attack: ${attack.name}`, async (t) => {
    t.timeout(180_000);
    const isLinux = process.platform === 'linux';
    if (!isLinux) return void requireOrSkip(t, false, 'what Linux tells of processes in /proc');
    const isRoot = attack.name !== 'full-disk' || process.getuid?.() === 0;
    if (!isRoot) return void requireOrSkip(t, false, 'mounting a tmpfs (root)');
    const seed = String(randomInt(2 ** 32));
    t.log(`seed ${seed}`);
    const { lines, faults } = await attackNode(attack, small(seed), deadline(170_000));
    for (const line of lines) t.log(line);
    t.deepEqual(faults, []);
  });
}
