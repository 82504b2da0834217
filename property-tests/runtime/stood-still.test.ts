// A node that stood still must not take what it holds for the newest: it may have been overwritten
// meanwhile, and those who know do not answer at once.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import { parseEndpoint } from '../../runtime/links/address.ts';
import { node } from '../cli/cli-kit.ts';
import { newKey, newSite, untilRight, valueOf } from './node-kit.ts';

const STOP_MS = 2000;
/** Longer than a GET that takes silence for an answer. */
const SILENT_MS = 1200;
const SILENT_MS_MAX = 4000;

test.serial('a node that stood still does not answer for those who are silent', async (t) => {
  t.timeout(180_000);
  const site = await newSite(t);
  const first = await node(t, site.dir, 'n0');
  const others = [first];
  for (const name of ['n1', 'n2']) {
    others.push(await node(t, site.dir, name, '--bootstrap', first.listen));
  }
  const [stopped] = others.splice(2);
  const [own, other] = await Promise.all(
    [stopped, first].map((one) => connectClient(parseEndpoint(one?.api ?? '', 'the API'))),
  );
  if (stopped === undefined || own === undefined || other === undefined) return t.fail();
  const round = async () => {
    const key = newKey();
    const [older, newer] = [valueOf(50), valueOf(60)];
    t.is((await own.put(key, older)).status, 'good');
    stopped.kill('SIGSTOP');
    await delay(STOP_MS);
    // Two of three are a majority.
    t.is((await other.put(key, newer)).status, 'good');
    for (const one of others) one.kill('SIGSTOP');
    const begunMs = performance.now();
    stopped.kill('SIGCONT');
    const answer = own.get(key);
    await delay(SILENT_MS);
    for (const one of others) one.kill('SIGCONT');
    const silentMs = performance.now() - begunMs;
    return { newer, found: await answer, silentMs };
  };
  // It waits for so long, and no longer, for those who may know better.
  const { newer, found } = await untilRight(
    round,
    ({ silentMs }) => silentMs <= SILENT_MS_MAX,
    60_000,
  );
  t.deepEqual(Buffer.from(found ?? []), Buffer.from(newer));
  await Promise.all([own.close(), other.close()]);
});
