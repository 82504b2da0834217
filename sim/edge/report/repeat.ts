/**
 * The commands that repeat a run, for its report: flags where flags can say it, else a scenario
 * file; for a fork the snapshot first.
 */

import { duration, escape } from './format.ts';
import type { Result } from './read.ts';
import { scenarioFor } from './scenario-text.ts';
import { flagsFor, optionsOf } from './settings-text.ts';

export function repeatHtml(result: Result): string {
  if (result.host === 'real') return runCommands(result, 'real');
  const commands = result.from === undefined ? runCommands(result) : forkCommands(result);
  return `${commands}
<p>To run it again from this result and compare the digests (DIR is the folder of this page):</p>
${pre('orrery report DIR --verify')}`;
}

function runCommands(result: Result, command = 'sim'): string {
  const options = optionsOf(result.config);
  const flags = flagsFor(options);
  if (flags !== undefined) {
    return `<p>To repeat it:</p>\n${pre(`orrery ${command} ${flags.join(' ')} --out DIR`)}`;
  }
  return `<p>To repeat it, save this as <code>scenario.yaml</code> and run the command below it.</p>
${pre(scenarioFor(options).trimEnd())}
${pre(`orrery ${command} scenario.yaml --out DIR`)}`;
}

function forkCommands({ from, config }: Result): string {
  if (from === undefined) return '';
  const origin = optionsOf(from.config);
  const first = flagsFor(origin);
  const then = flagsFor(optionsOf(config), origin);
  const digest = `<code>${escape(from.digest)}</code>`;
  const intro = `<p>This run was forked from another, with the digest ${digest},
${duration(from.afterMs)} after the end of its warm-up.`;
  if (first === undefined || then === undefined) {
    return `${intro} Its settings are in <code>result.json</code> under <code>from</code>.</p>`;
  }
  const at = from.afterMs === 0 ? '' : ` --snapshot-at ${duration(from.afterMs)}`;
  const save = `orrery sim ${first.join(' ')} --snapshot origin.snapshot${at}`;
  const fork = `orrery sim --from origin.snapshot ${then.join(' ')} --out DIR`;
  return `${intro} To repeat both:</p>\n${pre(`${save}\n${fork}`)}`;
}

function pre(text: string): string {
  return `<pre tabindex="0">${escape(text)}</pre>`;
}
