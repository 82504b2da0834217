/**
 * `orrery ca voters`: signs the list of those who elect the leader, or shows the newest one
 * (docs/operations.md, Voters).
 */
import type { Command } from '@commander-js/extra-typings';
import { hexOf } from '../../host/words.ts';
import { issueVoters, lastVoters, votersFile } from '../../runtime/election/voter-issuance.ts';
import { lockAuthority, openAuthority } from '../../runtime/identity/authority.ts';
import { readIndex } from '../../runtime/identity/issued.ts';
import { idsIn } from '../../src/codec/election.ts';
import type { WireVoters } from '../../src/wire-types.ts';
import { dirOption } from './flags.ts';
import type { Print } from './flags.ts';

export function addVoters(command: Command, print: Print): void {
  command
    .command('voters')
    .description('sign the list of those who elect the leader; without names, show it')
    .argument('[id|serial|file...]', 'three, five or seven nodes; later, one more or one less')
    .addOption(dirOption())
    .addHelpText('after', EXAMPLES)
    .action(async (selectors, { dir }) => {
      if (selectors.length === 0) {
        const last = await lastVoters(await openAuthority(dir));
        print(
          last === undefined ? 'No list of voters was signed yet.\n' : await linesOf(dir, last),
        );
        return;
      }
      const list = await lockAuthority(
        dir,
        async () => await issueVoters(await openAuthority(dir), selectors),
      );
      print(await linesOf(dir, list));
      print(`It is in ${votersFile(dir)}.\n`);
      for (const line of nextOf(list)) print(`${line}\n`);
    });
}

async function linesOf(dir: string, list: WireVoters): Promise<string> {
  const ids = idsIn(list).map(hexOf);
  const names = new Map((await readIndex(dir)).map(({ nodeId, name }) => [nodeId, name]));
  const lines = ids.map((id) => `  ${id}  ${names.get(id) ?? ''}`.trimEnd());
  return [`List of voters ${list.version}, ${ids.length} voters:`, ...lines, ''].join('\n');
}

function nextOf(list: WireVoters): readonly string[] {
  const { version } = list;
  if (version === 1) {
    return [
      'Copy it to every node and start each with "npx orrery node --voters voters.json ...":',
      'a first list counts only where it is there at the start.',
    ];
  }
  const even = 'An even number outlives no more failures than one less: sign the next list soon.';
  return [
    'Copy it over voters.json of every node; those that run take it within two seconds.',
    `Sign no further one before "npx orrery status" shows list ${version} at every voter.`,
    ...(idsIn(list).length % 2 === 0 ? [even] : []),
  ];
}

const EXAMPLES = `
Examples:
  $ npx orrery ca voters node-1/node.crt node-2/node.crt node-3/node.crt
  $ npx orrery ca voters
Later lists name all voters again, with one more or one less: to replace a voter takes two.`;
