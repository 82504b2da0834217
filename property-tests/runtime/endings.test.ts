// A node says ahead of time that its certificate or its revocation list runs out: in the log, in
// its status and as metrics. Other nodes refuse it afterwards, and then it is too late to hear it.
import { join } from 'node:path';
import test from 'ava';
import { DAY_MS } from '../../runtime/clock.ts';
import { watchEndings } from '../../runtime/identity/endings.ts';
import { LiveIdentity } from '../../runtime/identity/live-identity.ts';
import { silentLog } from '../../runtime/log.ts';
import { newAuthority, newIdentity, scratch } from '../certificates/identity-kit.ts';
import { ask, metric } from './admin-kit.ts';
import { ANY_PORT, newSite, nodeAt } from './node-kit.ts';

interface Status {
  readonly warnings: readonly string[];
  readonly endings: { readonly certificateUntil: string; readonly revocationsUntil?: string };
}

test('a node whose certificate and list end in ten days says so', async (t) => {
  const dir = await scratch(t);
  const thenMs = Date.now() - 80 * DAY_MS;
  const authority = await newAuthority(join(dir, 'authority'), thenMs);
  const identity = await newIdentity(authority, join(dir, 'n'), { nowMs: thenMs });
  const node = await nodeAt(t, { dir, authority }, 'n', { admin: ANY_PORT, identity });

  const { body: text } = await ask(t, node, '/metrics');
  const status = JSON.parse((await ask(t, node, '/status')).body) as Status;
  const inDays = (seconds: number | undefined): number =>
    Math.round(((seconds ?? 0) * 1000 - Date.now()) / DAY_MS);
  t.is(inDays(metric(text, 'orrery_certificate_until_seconds')), 10);
  t.is(inDays(metric(text, 'orrery_revocations_until_seconds')), 10);
  t.is(status.endings.certificateUntil, new Date(identity.notAfterMs).toISOString());
  t.is(status.endings.revocationsUntil, new Date(identity.crlNextUpdateMs).toISOString());
  const said = status.warnings.join('\n');
  t.regex(said, /the certificate runs out: renew it/);
  t.regex(said, /the revocation list runs out: copy a newer one/);
});

test('a node with weeks left says nothing, and says it once they are over', async (t) => {
  const site = await newSite(t);
  const identity = await newIdentity(site.authority, join(site.dir, 'n'));
  const said: string[] = [];
  const log = { ...silentLog, warn: (_: object, message: string) => said.push(message) };
  const live = new LiveIdentity(identity);
  watchEndings(live, log)();
  t.deepEqual(said, []);
  watchEndings(live, log, () => identity.notAfterMs - 13 * DAY_MS)();
  t.deepEqual(said, [
    'the certificate runs out: renew it',
    'the revocation list runs out: copy a newer one',
  ]);
});
