/**
 * `orrery ca issue`, `request` and `renew`: how a node comes by its certificate, and by the next
 * one. The key is made where the node is: by `issue` on the authority's own machine, else by
 * `request` at the node, which sends the request alone.
 */
import type { Command } from '@commander-js/extra-typings';
import { lockAuthority, openAuthority } from '../../runtime/identity/authority.ts';
import {
  issueForRequest,
  issueInto,
  renewInto,
  requestInto,
} from '../../runtime/identity/issuance.ts';
import { dirOption, wholeNumber } from './flags.ts';
import type { Print } from './flags.ts';

export function addIssue(command: Command, print: Print): void {
  command
    .command('issue')
    .description('make the certificate of one node, with an id of its own')
    .requiredOption('--out <dir>', 'data directory of the node, or where its files are to go')
    .addOption(dirOption())
    .option('--request <file>', 'a request of the node, which has its key; else a key is made')
    .option('--days <n>', 'validity in days, 7 to 365', wholeNumber, 90)
    .option('--name <name>', 'a name for people; peers go by the id alone')
    .option('--address <host...>', 'IP addresses or host names to note in the certificate')
    .addHelpText('after', ISSUE_EXAMPLES)
    .action(async ({ out, dir, days, name, address, request: from }) => {
      const request = {
        days,
        ...(name === undefined ? {} : { name }),
        ...(address === undefined ? {} : { addresses: address }),
      };
      const issued = await lockAuthority(dir, async () => {
        const authority = await openAuthority(dir);
        if (from === undefined) return await issueInto(authority, out, request);
        return await issueForRequest(authority, from, out, request);
      });
      print(`Node ${issued.nodeId} (${issued.name}), valid until ${issued.notAfter}.\n`);
      if (from === undefined) {
        print(`Its files are in ${out}: node.key, node.crt, authority.crt, revoked.crl.\n`);
        print(`Next: npx orrery node -a ADDRESS -p PORT --data ${out}\n`);
      } else {
        print(`Take node.crt, authority.crt and revoked.crl from ${out} to where its key is.\n`);
      }
    });
}

export function addRequest(command: Command, print: Print): void {
  command
    .command('request')
    .description('make the key of a node, and the request that goes to the authority')
    .requiredOption('--out <dir>', 'data directory of the node')
    .option('--name <name>', 'a name for people', 'a node')
    .addHelpText('after', '\nExample, at the node:\n  $ npx orrery ca request --out node-3')
    .action(async ({ out, name }) => {
      const request = await requestInto(out, name);
      print(`Key and request made in ${out}; the key stays here.\n`);
      print(`Next, at the authority: npx orrery ca issue --request ${request} --out DIR\n`);
    });
}

export function addRenew(command: Command, print: Print): void {
  command
    .command('renew')
    .description('make a further certificate for the id and key of a node that has one')
    .argument('<id|serial|file>', 'as "npx orrery ca show" lists them, or a .crt file')
    .addOption(dirOption())
    .option('--out <dir>', 'data directory of the node (where the last one went)')
    .option('--days <n>', 'validity in days, 7 to 365', wholeNumber, 90)
    .addHelpText('after', RENEW_EXAMPLES)
    .action(async (selector, { dir, out, days }) => {
      const { issued, outDir } = await lockAuthority(
        dir,
        async () => await renewInto(await openAuthority(dir), selector, out, { days }),
      );
      print(`Node ${issued.nodeId} (${issued.name}), valid until ${issued.notAfter}.\n`);
      print(`Its new node.crt is in ${outDir}; a node that runs there takes it by itself.\n`);
      print('If the key of the node is elsewhere, copy node.crt to where it is.\n');
    });
}

const ISSUE_EXAMPLES = `
Examples:
  $ npx orrery ca issue --out node-1
  $ npx orrery ca issue --out node-2 --name "rack 2" --days 30 --address 192.0.2.7 node2.example
  $ npx orrery ca issue --request node.csr --out for-node-3`;

const RENEW_EXAMPLES = `
Examples:
  $ npx orrery ca renew node-1/node.crt
  $ npx orrery ca renew 5a41c0de5a41c0de5a41c0de5a41c0de --days 30 --out for-node-3`;
