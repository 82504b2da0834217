/**
 * The command line (docs/operations.md): mounts the commands and turns how they end into an exit
 * code.
 *
 * 0 done; 1 what was asked did not succeed, or a fault of ours; 2 wrong usage or bad input, with
 * one clear line; 130 when Ctrl-C cut work short. Invariant: nothing ends without a word, and what
 * was printed is handed on before the process ends.
 */
import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { readVersion } from '../library/version.ts';
import { oneLine, report } from './failure.ts';
import { watchForFatal } from './fatal.ts';
import { ignoreClosedPipes, leave } from './output.ts';

/** Only the command that was named is loaded: the certificates' library alone takes 0.3 s. */
const LOADERS = new Map<string, (version: string) => Promise<CommandUnknownOpts>>([
  ['start', async (version) => (await import('./start/start.ts')).startCommand(version)],
  ['node', async (version) => (await import('./node.ts')).nodeCommand(version)],
  ['cluster', async () => (await import('./cluster/cluster.ts')).clusterCommand()],
  ['ca', async () => (await import('./ca/ca.ts')).caCommand()],
  ['put', async () => (await import('./put.ts')).putCommand()],
  ['get', async () => (await import('./get.ts')).getCommand()],
  ['introducers', async () => (await import('./introducers.ts')).introducersCommand()],
  ['status', async () => (await import('./status.ts')).statusCommand()],
  ['sim', async (version) => (await import('./sim/sim.ts')).simCommand(version)],
  ['sweep', async (version) => (await import('./sweep/sweep.ts')).sweepCommand(version)],
  [
    'sweep-worker',
    async (version) => (await import('./sweep/worker.ts')).sweepWorkerCommand(version),
  ],
  ['real', async (version) => (await import('./real/real.ts')).realCommand(version)],
  ['compare', async () => (await import('./compare.ts')).compareCommand()],
  ['replay', async () => (await import('./replay/replay.ts')).replayCommand()],
  ['report', async (version) => (await import('./report.ts')).reportCommand(version)],
]);

const EXAMPLES = `
Examples:
  $ npx orrery start                                   five real nodes, a check, a simulation
  $ npx orrery node -a 127.0.0.1 -p 6501               the first node of a network
  $ npx orrery node -a 127.0.0.1 -p 6502 --bootstrap 127.0.0.1:6501
  $ npx orrery put greeting "hello" && npx orrery get greeting

Exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 130 cut short by Ctrl-C.`;

ignoreClosedPipes();
watchForFatal();
await leave(await run());

async function run(): Promise<number> {
  try {
    const command = await program(process.argv[2] ?? '');
    await command.parseAsync();
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

async function program(chosen: string): Promise<CommandUnknownOpts> {
  const version = readVersion();
  const command = new Command('orrery')
    .description('a Kademlia network: one protocol core, simulated or real')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', EXAMPLES);
  const load = LOADERS.get(chosen);
  const parts = load === undefined ? [...LOADERS.values()] : [load];
  for (const loadPart of parts) command.addCommand(await loadPart(version));
  makeEven(command, []);
  return command;
}

/** Every command reports a wrong command line in the same way: one line, and no exit of its own. */
function makeEven(command: CommandUnknownOpts, above: readonly string[]): void {
  const path = [...above, command.name()];
  const name = path.join(' ');
  command.exitOverride();
  command.showHelpAfterError(false);
  command.configureOutput({
    outputError: (text, write) => {
      const fault = oneLine(text).replace(/^error: /, '');
      write(`${name}: ${fault} (see "npx ${name} --help")\n`);
    },
  });
  for (const part of command.commands) makeEven(part, path);
}
