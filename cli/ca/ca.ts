/**
 * `orrery ca`: the operator's side of identity (docs/operations.md, Certificates).
 *
 * init makes the authority, issue a certificate for one node (for one elsewhere from its request),
 * renew a further one before that ends, revoke extends the revocation list, refresh signs that list
 * anew before it runs out, voters signs the list of those who elect the leader, show prints what
 * there is. Everything that writes holds the authority's
 * lock, so calls may run at the same time.
 *
 * Invariants: what a script may want goes to standard output; a fault is a UsageError, or a
 * CommanderError for the shape of the command line, and the caller turns both into exit code 2.
 */
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import {
  createAuthority,
  lockAuthority,
  lockNewAuthority,
  openAuthority,
} from '../../runtime/identity/authority.ts';
import { extendRevocations, revokeCertificates } from '../../runtime/identity/revocations.ts';
import { REVOCATION_REASONS } from '../../runtime/identity/x509.ts';
import type { RevocationReason } from '../../runtime/identity/x509.ts';
import { counted } from '../output.ts';
import { dirFlag, dirOption, wholeNumber } from './flags.ts';
import type { Print } from './flags.ts';
import { addIssue, addRenew, addRequest } from './issue.ts';
import { showAuthority, showFile } from './show.ts';
import { addVoters } from './voters.ts';

export function caCommand(print: Print = (text) => process.stdout.write(text)): Command {
  // Set before the parts are added, for they take it over: a wrong flag throws, it does not exit.
  const command = new Command('ca').exitOverride();
  command.showHelpAfterError('(see "npx orrery ca --help")');
  command
    .description('the certificate authority of a private network')
    .addHelpText('after', CA_EXAMPLES);
  addInit(command, print);
  addIssue(command, print);
  addRequest(command, print);
  addRenew(command, print);
  addRevoke(command, print);
  addRefresh(command, print);
  addVoters(command, print);
  addShow(command, print);
  return command;
}

function addInit(command: Command, print: Print): void {
  command
    .command('init')
    .description('make an authority and an empty revocation list')
    .addOption(dirOption())
    .option('--name <name>', 'name of the authority', 'Orrery authority')
    .option('--days <n>', 'validity in days', wholeNumber, 3650)
    .addHelpText('after', '\nExample:\n  $ npx orrery ca init --name "Lab network"')
    .action(async ({ dir, name, days }) => {
      await lockNewAuthority(dir, async () => await createAuthority(dir, { name, days }));
      print(`Authority made in ${dir}.\n`);
      print(`Keep ${join(dir, 'authority.key')} secret and backed up; no node needs it.\n`);
      print(`Next: npx orrery ca issue${dirFlag(dir)} --out DATA_DIR\n`);
    });
}

function addRevoke(command: Command, print: Print): void {
  command
    .command('revoke')
    .description('revoke a node id, a serial number or the certificate in a file')
    .argument('<id|serial|file>', 'as "npx orrery ca show" lists them, or a .crt file')
    .addOption(dirOption())
    .addOption(
      new Option('--reason <reason>', 'why it is revoked')
        .choices(Object.keys(REVOCATION_REASONS) as RevocationReason[])
        .default('privilege-withdrawn' as const),
    )
    .addHelpText('after', REVOKE_EXAMPLES)
    .action(async (selector, { dir, reason }) => {
      const { added, toTell } = await lockAuthority(
        dir,
        async () => await revokeCertificates(await openAuthority(dir), selector, reason),
      );
      for (const serial of added) print(`Revoked certificate ${serial} (${reason}).\n`);
      if (added.length === 0) print('It was revoked before; the list stays as it is.\n');
      const list = join(dir, 'revoked.crl');
      if (toTell.length === 0) {
        print(`The list is ${list}; no other node has a certificate in use.\n`);
        return;
      }
      // A node that was renewed has several certificates in use; the last says where it is.
      const each = [...new Map(toTell.map((issued) => [issued.nodeId, issued])).values()];
      const nodes = each.length === 1 ? 'this node' : `these ${each.length} nodes`;
      print(`Now replace revoked.crl by ${list} at ${nodes}:\n`);
      for (const { nodeId, name, issuedTo } of each) {
        print(`  ${nodeId}  ${name}${issuedTo === '' ? '' : `  (issued to ${issuedTo})`}\n`);
      }
      print(`${TAKEN}\n`);
    });
}

function addRefresh(command: Command, print: Print): void {
  command
    .command('refresh')
    .description('sign the revocation list anew; nodes refuse links when theirs is out of date')
    .addOption(dirOption())
    .option('--days <n>', 'days until the next update is due', wholeNumber, 90)
    .addHelpText('after', '\nExample:\n  $ npx orrery ca refresh --days 30')
    .action(async ({ dir, days }) => {
      const list = await lockAuthority(
        dir,
        async () => await extendRevocations(await openAuthority(dir), [], days),
      );
      const until = new Date(list.nextUpdateMs).toISOString();
      const entries = counted(list.entries.length, 'entry', 'entries');
      print(`List ${list.number} with ${entries} is good until ${until}.\n`);
      print(`Now replace revoked.crl by ${join(dir, 'revoked.crl')} at every node.\n`);
      print(`${TAKEN}\n`);
    });
}

function addShow(command: Command, print: Print): void {
  command
    .command('show')
    .description('list the certificates of an authority, or describe one file')
    .argument('[file]', 'a certificate or a revocation list')
    .addOption(dirOption())
    .option('--json', 'print JSON')
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (file, { dir, json }) => {
      const show = file === undefined ? await showAuthority(dir) : await showFile(file);
      print(json === true ? `${JSON.stringify(show.data, undefined, 2)}\n` : show.text);
    });
}

const TAKEN =
  'A node that runs takes it within two seconds, and closes links to whoever is revoked.';

const CA_EXAMPLES = `
Examples:
  $ npx orrery ca init
  $ npx orrery ca issue --out node-1
  $ npx orrery ca show`;

const REVOKE_EXAMPLES = `
Examples:
  $ npx orrery ca revoke node-1/node.crt --reason key-compromise
  $ npx orrery ca revoke 5a41c0de5a41c0de5a41c0de5a41c0de`;

const SHOW_EXAMPLES = `
Examples:
  $ npx orrery ca show
  $ npx orrery ca show node-1/node.crt
  $ npx orrery ca show --json`;
