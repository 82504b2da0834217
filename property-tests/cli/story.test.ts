// The story in docs/debugging.md: its commands are run as they stand there, and each sentence with
// a figure is made anew from what they give. Whoever changes what the core does tells it again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { ROOT } from '../processes.ts';
import { run, scratch } from './cli-kit.ts';

test('the commands of the story give each figure that it quotes', async (t) => {
  t.timeout(300_000);
  const story = await storyOf();
  const figures = await figuresOf(t, story);
  const { before, asked, late } = figures;

  // What the cause rests on: only who has left says nothing, and each is given up in a second.
  t.is(before.config.loss + before.config.silent, 0);
  t.is(before.config.alpha, 3);
  const silent = asked.filter(({ isAnswered }) => !isAnswered);
  t.is(late.length, 3);
  t.true(late.every((peer) => silent.some((one) => one.peer === peer)));
  t.true(silent.every(({ atS }) => (atS[1] ?? 0) - (atS[0] ?? 0) <= 1));

  let unproved = story.prose.replaceAll(/`npx [^`]*`/g, '');
  for (const sentence of sentencesOf(figures)) {
    t.true(unproved.includes(sentence), `the story does not say: ${sentence}`);
    unproved = unproved.replace(sentence, '');
  }
  t.deepEqual(unproved.match(/\d[\d.,]*|`[0-9a-f]{8}`/g), null);
});

interface Story {
  /** All but the blocks, on one line. */
  readonly prose: string;
  readonly blocks: readonly string[];
  readonly commands: readonly string[];
}

async function storyOf(): Promise<Story> {
  const text = await readFile(join(ROOT, 'docs', 'debugging.md'), 'utf8');
  const [, story = ''] = text.split('\n## A story: the slowest lookup\n');
  return {
    prose: story.replaceAll(/^```\n[^]*?^```$/gm, ' ').replaceAll(/\s+/g, ' '),
    blocks: [...story.matchAll(/^```\n([^]*?)^```$/gm)].map(([, block = '']) => block),
    commands: [...story.matchAll(/(?:^|`)npx orrery ([^`\n]+)/gm)].map(([, one = '']) => one),
  };
}

interface Figures {
  readonly before: Result;
  readonly after: Result;
  readonly slowest: Lookup;
  /** Of the node that is replayed, its first digits. */
  readonly id: string;
  /** The step where the lookup begins. */
  readonly step: string;
  /** Seconds from then to the instant that is looked at. */
  readonly laterS: number;
  /** Who has open calls that are late, of those shown. */
  readonly late: readonly string[];
  readonly asked: readonly Asked[];
  readonly alpha: string;
}

/** Runs all commands, and compares the blocks. */
async function figuresOf(t: ExecutionContext, story: Story): Promise<Figures> {
  const { prose, blocks, commands } = story;
  const kinds = commands.map((command) => command.split(' ', 1)[0]);
  t.deepEqual(kinds, ['sim', 'sim', 'replay', 'replay', 'replay']);
  const [symptom = '', record = '', whole = '', walk = '', at = ''] = commands;
  const dir = await scratch(t);
  const given = async (command: string, input = ''): Promise<string> => {
    const { code, stdout, stderr } = await run(t, dir, command.split(' '), Buffer.from(input));
    t.is(code, 0, `${command}: ${stderr}`);
    return stdout.toString();
  };
  await given(symptom);
  const before = JSON.parse(
    await readFile(join(dir, 'out', 'slow', 'result.json'), 'utf8'),
  ) as Result;
  const slowest = slowestOf(await readFile(join(dir, 'out', 'slow', 'lookups.csv.gz')));
  t.true(record.endsWith(` --record-node ${slowest.asker}`), slowest.asker);
  await given(record);
  const told = await given(whole);
  t.is(blocks[1]?.split('\n').at(-2)?.trim(), /^\d+ steps.*$/m.exec(told)?.[0]);

  const step = /`g #(\d+)`/.exec(prose)?.[1] ?? '';
  const steps = (await given(walk, `g #${step}\n100\nq\n`)).split(/^(?=#\d)/m).slice(1);
  t.is(steps[0], blocks[2]);
  t.true(blocks[2]?.includes(`: lookup of ${slowest.target}\n`));
  const beliefs = await given(at);
  const [shown = '', rest] = (blocks[3] ?? '').split('  ...\n');
  t.is(rest, '');
  t.true(beliefs.includes(`\n${shown}`), beliefs);

  const alpha = /`(--alpha \d+)`/.exec(prose)?.[1] ?? '';
  const other = `${symptom.replace(/ --out \S+/, '')} ${alpha} --json`;
  return {
    ...{ before, slowest, step, alpha },
    after: JSON.parse(await given(other)) as Result,
    id: /^node ([0-9a-f]{8})/m.exec(told)?.[1] ?? '',
    laterS: Number(/--at \+([\d.]+)s/.exec(at)?.[1]) - secondsOf(steps[0]),
    late: [...new Set([...shown.matchAll(LATE)].map(([, peer = '']) => peer))],
    asked: askedIn(steps, slowest.target),
  };
}

/** What the story must say; it is told with these words. */
function sentencesOf(figures: Figures): string[] {
  const { before, after, slowest, id, step, laterS, late, asked, alpha } = figures;
  const { config, lookups } = before;
  const wordOf = (count: number): string => WORDS[count] ?? String(count);
  const s = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const silent = asked.filter(({ isAnswered }) => !isAnswered);
  const once = silent.filter(({ atS }) => atS.length === 1);
  const [one, two, three] = late;
  const lastStep = Math.max(...asked.map((each) => Number(each.step)));
  return [
    `Of ${lookups.count} lookups among ${config.nodes} nodes that stay for ` +
      `${config.churn.meanOnMs / 60_000} minutes on average (${config.lookups} were begun, the ` +
      `askers of ${wordOf(config.lookups - lookups.count)} left), half are done in ` +
      `${s(lookups.latencyMs.p50)}, and one takes ${s(slowest.ms)}:`,
    `Number ${slowest.lookup} was asked by \`${slowest.asker}\`; it sent ${slowest.requests} ` +
      `requests and got ${slowest.replies} replies.`,
    `by its number and the beginning of its position, \`${slowest.asker}\`;`,
    `as logs and dashboards do: here \`${id}\`.`,
    `\`g #${step}\` goes to the lookup of \`${slowest.target}\`, ${asked[0]?.atS[0]?.toFixed(1)} s`,
    `What did it believe, ${laterS.toFixed(1)} s later?`,
    `\`${one}\`, \`${two}\`, \`${three}\` and ${wordOf(silent.length - 3)} more never answer.`,
    `\`#${step}\` to \`#${lastStep}\` show`,
    `a second call (all but ${wordOf(once.length)} of them), and the place of one of three calls`,
    `\`${alpha}\`: the mean falls from ${meanOf(before)} to ${meanOf(after)} ms, for ` +
      `${after.lookups.messages.mean.toFixed(1)} messages a lookup instead of ` +
      `${lookups.messages.mean.toFixed(1)}.`,
  ];
}

function meanOf({ lookups }: Result): string {
  return Math.round(lookups.latencyMs.mean).toLocaleString('en');
}

interface Result {
  readonly config: Readonly<Record<'nodes' | 'lookups' | 'alpha' | 'loss' | 'silent', number>> & {
    readonly churn: { readonly meanOnMs: number };
  };
  readonly lookups: {
    readonly count: number;
    readonly latencyMs: { readonly mean: number; readonly p50: number };
    readonly messages: { readonly mean: number };
  };
}

interface Lookup {
  readonly lookup: string;
  readonly asker: string;
  readonly target: string;
  readonly requests: string;
  readonly replies: string;
  readonly ms: number;
}

function slowestOf(packed: Buffer): Lookup {
  const [head = '', ...rows] = gunzipSync(packed).toString().trimEnd().split('\n');
  const names = head.split(',');
  const lookups = rows.map((row) => {
    const values = row.split(',');
    const of = (name: string): string => values[names.indexOf(name)] ?? '';
    return {
      lookup: of('lookup'),
      asker: of('asker'),
      target: of('target'),
      requests: of('requests'),
      replies: of('replies'),
      ms: Number(of('end_ms')) - Number(of('start_ms')),
    };
  });
  return lookups.reduce((slowest, one) => (one.ms > slowest.ms ? one : slowest));
}

/** A peer that was asked, and all times that it was. */
interface Asked {
  readonly peer: string;
  readonly atS: readonly number[];
  /** Where it was asked last. */
  readonly step: string;
  readonly isAnswered: boolean;
}

/** In the order in which they were asked first. */
function askedIn(steps: readonly string[], target: string): Asked[] {
  const asked = new Map<string, Asked>();
  for (const step of steps) {
    const [, number = ''] = /^#(\d+)/.exec(step) ?? [];
    const [, from = '', call = ''] = /^ {2}in +from (\S+): reply (\d+) peers/m.exec(step) ?? [];
    const answered = asked.get(from);
    if (answered !== undefined && call !== '') asked.set(from, { ...answered, isAnswered: true });
    for (const [, to = '', about] of step.matchAll(/to (\S+): request \d+ find-node (\S+)$/gm)) {
      if (about !== target) continue;
      const atS = [...(asked.get(to)?.atS ?? []), secondsOf(step)];
      asked.set(to, { peer: to, atS, step: number, isAnswered: false });
    }
  }
  return [...asked.values()];
}

/** When a step was, after the beginning of the recording. */
function secondsOf(step = ''): number {
  return Number(/\+([\d.]+)s/.exec(step)?.[1]);
}

const LATE = /(\S+) +\d+ +\d+ ms ago, late/g;
const WORDS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
