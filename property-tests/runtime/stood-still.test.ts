// A node that stood still must not take what it holds for the newest: it may have been overwritten
// meanwhile, and those who know do not answer at once.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { connectClient } from '../../runtime/api/client.ts';
import { parseEndpoint } from '../../runtime/links/address.ts';
import { node } from '../cli/cli-kit.ts';
import { newKey, newSite, valueOf } from './node-kit.ts';

const STOP_MS = 2000;
/** Longer than a GET that takes silence for an answer. */
const SILENT_MS = 1200;

test.serial('a node that stood still does not answer for those who are silent', async (t) => {
  t.timeout(90_000);
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
  const key = newKey();
  const [older, newer] = [valueOf(50), valueOf(60)];
  t.is((await own.put(key, older)).status, 'good');
  stopped.kill('SIGSTOP');
  await delay(STOP_MS);
  // Two of three are a majority.
  t.is((await other.put(key, newer)).status, 'good');
  for (const one of others) one.kill('SIGSTOP');
  stopped.kill('SIGCONT');
  const answer = own.get(key);
  await delay(SILENT_MS);
  for (const one of others) one.kill('SIGCONT');
  t.deepEqual(Buffer.from((await answer) ?? []), Buffer.from(newer));
  await Promise.all([own.close(), other.close()]);
});
