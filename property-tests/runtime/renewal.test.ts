// The certificates of all nodes are renewed one by one while clients go on, and no operation fails;
// `npm run test:deep -- renewal` does it with processes and for long.
import test from 'ava';
import { deadline } from '../deep/ending.ts';
import { renewUnderLoad } from '../deep/renewal.ts';
import { newSite } from './node-kit.ts';
import { watchful } from './watchful-kit.ts';

test('all nodes get new certificates under load, and no operation fails', async (t) => {
  t.timeout(570_000);
  const site = await newSite(t);
  const members = await watchful(t, site, 5);
  const places = members.map(({ node, dataDir }) => {
    const { listen, api = t.fail() } = node;
    return { listen, api, dataDir };
  });
  const plan = { seed: site.dir, operations: OPERATIONS, clients: 4 };
  const report = await renewUnderLoad(places, site.authority.dir, plan, deadline(540_000));
  const { operations, disturbed, faults } = report;
  t.log(`${operations} operations, ${faults.length} failed, ${disturbed} beside standstills`);
  t.deepEqual(faults.slice(0, 10), []);
  t.is(report.renewed, members.length);
  t.true(operations >= OPERATIONS);
  for (const { replaced } of members) t.is(replaced(), 1);
});

const OPERATIONS = 10_000;
