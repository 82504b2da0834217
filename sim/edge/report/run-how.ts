/**
 * How a run was made and how to repeat it: every setting with those that were changed marked, the
 * command, the command that verifies, what it cost; and how the report's figures are to be read.
 */

import { bytes, escape, short, time, whole } from './format.ts';
import type { Result } from './read.ts';
import { repeatHtml } from './repeat.ts';
import { optionsOf, settingLines } from './settings-text.ts';
import type { SettingLine } from './settings-text.ts';

export function howSection(result: Result): string {
  return `${repeatHtml(result)}
<h3>Settings</h3>
<p class="muted">What differs from the default is bold, with a bar beside it.</p>
${settingTables(settingLines(optionsOf(result.config)))}
<h3>The run</h3>
${factTable(runFacts(result))}`;
}

/** A table for each group of help, two beside one another where there is room. */
function settingTables(lines: readonly SettingLine[]): string {
  const groups = [...new Set(lines.map(({ group }) => group))];
  const tables = groups.map((group) => {
    const rows = lines.filter((line) => line.group === group).map(settingRow);
    const head = `<th colspan="3" scope="colgroup">${escape(group)}</th>`;
    return `<div class="scroll tall"><table><thead><tr>${head}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
  });
  return `<div class="settings">${tables.join('\n')}</div>`;
}

function settingRow({ key, value, help, isDefault }: SettingLine): string {
  const mark = isDefault ? '' : '<span class="unseen"> (changed)</span>';
  return (
    `<tr${isDefault ? '' : ' class="changed"'}><th scope="row">${escape(key)}</th>` +
    `<td class="value"><code>${escape(value)}</code>${mark}</td>` +
    `<td class="muted">${escape(help)}</td></tr>`
  );
}

type Fact = readonly [string, string];

const MACHINE_NAMES: Readonly<Record<string, string>> = {
  node: 'Node.js',
  memoryBytes: 'memory of the machine',
};

function runFacts(result: Result): readonly Fact[] {
  const { version, schema, seed, digest, events, messages, simulatedMs, skipped, churn } = result;
  const { wallMs, cpuMs, setupCpuMs, peakRssBytes, machine = {} } = result;
  const costs: readonly (Fact | undefined)[] = [
    wallMs === undefined ? undefined : ['wall time', time(wallMs)],
    setupCpuMs === undefined ? undefined : ['CPU time of the set-up', time(setupCpuMs)],
    cpuMs === undefined
      ? undefined
      : ['CPU time', `${time(cpuMs)}, ${short((1000 * messages) / cpuMs)} messages per CPU second`],
    peakRssBytes === undefined ? undefined : ['memory at its peak', bytes(peakRssBytes)],
  ];
  return [
    ['version', `${version} (result schema ${schema})`],
    ['seed', String(seed)],
    ['digest', digest],
    ['simulated time', time(simulatedMs)],
    ['events', whole(events)],
    ['messages', whole(messages)],
    ['sessions begun', whole(churn.sessions)],
    ['work that could not begin', whole(skipped)],
    ...costs.filter((fact) => fact !== undefined),
    ...Object.entries(machine).map(([name, value]): Fact => [
      MACHINE_NAMES[name] ?? name,
      name === 'memoryBytes' ? bytes(Number(value)) : machineText(value),
    ]),
  ];
}

/** What holds more than one figure names each: `mean 0.2, p99 1.3`. */
function machineText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name} ${String(part)}`)
    .join(', ');
}

export function factTable(facts: readonly Fact[]): string {
  const rows = facts.map(
    ([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`,
  );
  return `<div class="scroll tall sheet"><table><tbody>${rows.join('\n')}</tbody></table></div>`;
}

export const METHODS = `<p>Two runs with the same digest did the same, in every node, at every step.
Everything on this page is made from <code>result.json</code> and <code>lookups.csv.gz</code> beside
it; each figure is also an SVG file with its numbers as CSV in <code>figures/</code>.</p>
<p>Figures after “95 %” are confidence intervals. Shares have Wilson’s interval. Means have the
normal one, mean ± 1.96 s / √n, over the lookups of this run. Percentiles have the pair of order
statistics that a binomial law gives. They say how much chance is left in these operations in this
network; other seeds make other networks, so compare seeds, in a sweep, before two settings are
called different.</p>
<p>Lookups, values, traffic and churn cover the time after the warm-up; events, messages and
simulated time the whole run. A lookup has succeeded when a working node answered in time (with
<code>targets nodes</code>: the target itself), and is exact when its result is the true set of
nearest nodes at the moment it ended. Latency is simulated, not measured on a network.</p>`;
