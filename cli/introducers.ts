/**
 * `orrery introducers`: the list of those who introduce newcomers, signed by the leader whom the
 * network has elected, fetched from any of its nodes (docs/bootstrap.md).
 *
 * It joins for a moment as a node that nobody can dial, with a data directory that is gone
 * afterwards, and so trusts nobody whom a node would not trust. Exit codes: 0 there it is, 1 nobody
 * answered or knew a list, 2 wrong usage, 130 cut short by Ctrl-C.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { shownIntroducers, textOfIntroducers } from '../runtime/election/introducers-file.ts';
import { writeWhole } from '../runtime/files.ts';
import type { Identity } from '../runtime/identity/identity.ts';
import { startNode } from '../runtime/node.ts';
import type { RunningNode } from '../runtime/node.ts';
import type { WireIntroducers } from '../src/wire-types.ts';
import { identityFor } from './development.ts';
import { CommandFailure, EXIT_INTERRUPTED } from './failure.ts';
import { stopNode } from './node.ts';
import { print, say } from './output.ts';
import { resolveSettings } from './settings/settings.ts';
import { watchForStop } from './signals.ts';
import type { StopWatch } from './signals.ts';

export function introducersCommand(): CommandUnknownOpts {
  return new Command('introducers')
    .description('fetch the signed list of introducers from any node')
    .argument('<host:port...>', 'where nodes of the network listen')
    .option('--data <dir>', 'where the files of the identity are, unless named')
    .option('--certificate <file>', 'a certificate of the network (DATA/node.crt)')
    .option('--key <file>', 'its key (DATA/node.key)')
    .option('--authority <file>', 'certificate of the authority (DATA/authority.crt)')
    .option('--revoked <file>', 'revocation list (DATA/revoked.crl)')
    .option('--out <file>', 'write the list there, for "orrery node --introducers"')
    .option('--json', 'the whole list as JSON, as --out writes it', false)
    .addHelpText('after', EXAMPLES)
    .action(async (bootstrap, { out, json, ...flags }) => {
      const settings = resolveSettings({ ...flags, bootstrap, port: 0 });
      const { identity, made } = await identityFor(settings);
      if (made !== undefined) say(`orrery: ${made}`);
      const watch = watchForStop();
      try {
        const list = await fetched(identity, settings.bootstrap, watch);
        if (list === undefined) process.exitCode = EXIT_INTERRUPTED;
        else await handOver(list, out, json);
      } finally {
        watch.end();
      }
    });
}

async function handOver(
  list: WireIntroducers,
  out: string | undefined,
  json: boolean,
): Promise<void> {
  if (out !== undefined) await writeWhole(out, textOfIntroducers(list), 0o644);
  if (json) {
    print(textOfIntroducers(list).trimEnd());
    return;
  }
  const { leader, term, madeAt, introducers } = shownIntroducers(list);
  print(`made by ${leader} in term ${term} at ${madeAt}`);
  for (const { id, at } of introducers) print(`${id}  ${at.join(' ')}`);
  if (out !== undefined) print(`written to ${out}`);
}

/** @returns nothing when it was asked to stop */
async function fetched(
  identity: Identity,
  bootstrap: readonly string[],
  watch: StopWatch,
): Promise<WireIntroducers | undefined> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orrery-introducers-'));
  let node: RunningNode | undefined;
  try {
    node = await startNode({ listen: ANYWHERE, dataDir, identity, bootstrap, advertise: [] });
    const deadline = performance.now() + ANSWER_MS_MAX;
    while (!watch.isAsked() && performance.now() < deadline) {
      const list = node.introducers();
      if (list !== undefined) return list;
      await sleep(LOOK_MS);
    }
    if (watch.isAsked()) return undefined;
    throw new CommandFailure(
      node.status().contacts === 0
        ? `no node of this network answered at ${bootstrap.join(', ')}: name one that runs, and ` +
            'give --data with a certificate of the authority that it has'
        : 'they know of no list that can be checked here: nobody was elected so far, or there ' +
            'are no voters, or their list is not signed: see docs/bootstrap.md',
    );
  } finally {
    if (node !== undefined) await stopNode(node);
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Whoever looks in for a moment is not to be dialled. */
const ANYWHERE = { host: '127.0.0.1', port: 0 };
const ANSWER_MS_MAX = 8000;
const LOOK_MS = 50;

const EXAMPLES = `
Examples:
  $ npx orrery introducers 127.0.0.1:6501
  $ npx orrery introducers 192.0.2.7:6501 192.0.2.8:6501 --data node-9 --out introducers.json
  $ npx orrery node -a 192.0.2.9 --data node-9 --introducers introducers.json

The certificate must be one that no running node uses. Exit codes: 0 there it is, 1 nobody answered
or knew a list, 2 wrong usage.`;
