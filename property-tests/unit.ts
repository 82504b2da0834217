/**
 * The command by which `deploy/orrery.service` runs a node, in its parts: what is said to Node
 * itself, what it runs, the arguments of that, and its environment.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const UNIT = fileURLToPath(new URL('../../deploy/orrery.service', import.meta.url));

export interface UnitCommand {
  readonly nodeArguments: readonly string[];
  readonly entry: string;
  readonly args: readonly string[];
}

export interface UnitLaunch extends UnitCommand {
  /** But for the arguments that stand in it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws when the unit starts something else */
export async function unitCommand(): Promise<UnitLaunch> {
  const text = await readFile(UNIT, 'utf8');
  const [, line] = /^ExecStart=\/usr\/bin\/env node (.*)$/m.exec(text) ?? [];
  if (line === undefined) throw new Error(`${UNIT} does not start Node`);
  const set = [...text.matchAll(/^Environment=(\w+)=(\S+)$/gm)];
  const environment = Object.fromEntries(set.map(([, name = '', value = '']) => [name, value]));
  return { ...commandOf(line.split(' ')), environment };
}

/** @param words what stands behind `node` */
export function commandOf(words: readonly string[]): UnitCommand {
  const at = words.findIndex((word) => !word.startsWith('-'));
  return { nodeArguments: words.slice(0, at), entry: words[at] ?? '', args: words.slice(at + 1) };
}
