/**
 * A peer with two addresses of which the first swallows packets, in network namespaces: the second
 * one is found about as fast as an only one would be. Both work for everybody else, so a newcomer
 * is told the one first that is dead for it.
 *
 * What is compared comes from one log: when a newcomer, to whom three peers were named in one
 * reply, had a link to each. It is a client only, so all dials are its own. The machine may be
 * busy, so the best of a few newcomers counts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { DIAL_NEXT_MS } from '../../runtime/bounds.ts';
import { formatEndpoint } from '../../runtime/links/address.ts';
import { requireOrSkip } from '../require.ts';
import { ip, namespacesMissing, TestNetwork } from './namespace-kit.ts';
import type { Host } from './namespace-kit.ts';
import { command, linkUpLine, startAt } from './namespace-nodes.ts';
import type { NodeAt } from './namespace-nodes.ts';

test.serial('a first address that swallows packets costs no more than 300 ms', async (t) => {
  t.timeout(240_000);
  const missing = await namespacesMissing();
  if (!requireOrSkip(t, missing === undefined, missing ?? '')) return;
  const dir = await mkdtemp(join(tmpdir(), 'orrery-fallback-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const network = await TestNetwork.open();
  t.teardown(() => network.close());
  await command(dir, 'ca', 'init', '--dir', 'authority');
  const start = async (name: string, through?: NodeAt, first?: 'v4' | 'v6'): Promise<NodeAt> => {
    const host = await network.host(name, { v4: true, v6: true });
    await command(dir, 'ca', 'issue', '--dir', 'authority', '--out', name);
    const args = ['-a', `[::]:${PORT}`];
    if (through !== undefined) args.push('--bootstrap', placeOf(through.host, 'v4'));
    const order = first === 'v6' ? (['v6', 'v4'] as const) : (['v4', 'v6'] as const);
    args.push('--advertise', ...order.map((family) => placeOf(host, family)));
    return await startAt(dir, host, name, args);
  };
  const entrance = await start('entrance');
  const plain = await start('plain', entrance);
  const four = await start('four', entrance, 'v4');
  const six = await start('six', entrance, 'v6');
  const host = await network.host('newcomer', { v4: true, v6: true });
  // Its packets to these addresses leave, and nobody takes them; all others reach them.
  for (const dead of [four.host.v4, six.host.v6]) {
    const nobody = ['lladdr', '02:00:00:00:00:99', 'dev', 'eth0', 'nud', 'permanent'];
    await ip('-n', host.namespace, 'neigh', 'replace', dead ?? t.fail(), ...nobody);
  }
  await command(dir, 'ca', 'issue', '--dir', 'authority', '--out', 'newcomer');
  const extra: number[] = [];
  // The dead address has to come first, or nothing is shown.
  const isShown = (): boolean => extra.some((ms) => ms >= DIAL_NEXT_MS / 2 && ms <= FALLBACK_MS);
  for (let round = 0; round < ROUNDS_MAX && !isShown(); round++) {
    const through = placeOf(entrance.host, 'v4');
    const args = ['-a', `[::]:${PORT}`, '--client-only', '--bootstrap', through];
    const newcomer = await startAt(dir, host, 'newcomer', args);
    const [normal, viaSix, viaFour] = await Promise.all(
      [plain, four, six].map(async (peer) => {
        const [line] = await newcomer.running.errors(linkUpLine(peer));
        return Date.parse((JSON.parse(line) as { readonly time: string }).time);
      }),
    );
    newcomer.running.kill('SIGKILL');
    await newcomer.running.ended;
    const later = [viaSix ?? NaN, viaFour ?? NaN].map((at) => at - (normal ?? NaN));
    t.log(`later with a dead IPv4 address ${later[0]} ms, with a dead IPv6 address ${later[1]} ms`);
    extra.push(Math.max(...later));
  }
  t.true(isShown(), extra.join(', '));
});

function placeOf(host: Host, family: 'v4' | 'v6'): string {
  return formatEndpoint({ host: host[family] ?? '', port: PORT });
}

const PORT = 6501;
const ROUNDS_MAX = 20;
const FALLBACK_MS = 300;
