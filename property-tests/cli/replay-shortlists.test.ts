// The shortlists that `orrery replay` shows, against what went in and out of the core meanwhile: of
// a simulated node among others that go without a word, so that candidates come to every end.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { Namer } from '../../cli/replay/lines.ts';
import { shortlistRows } from '../../cli/replay/shortlists.ts';
import { Tape } from '../../cli/replay/tape.ts';
import type { TapeStep } from '../../cli/replay/tape.ts';
import { allItems } from '../../src/paged.ts';
import { run, scratch } from './cli-kit.ts';

const SIM = ['sim', '--nodes', '60', '--duration', '10m', '--puts', '60', '--gets', '60'];
const CHURN = ['--churn', 'exponential:2m,1m', '--disk', 'keep'];
const RECORD = ['--record', 'node.orrec', '--record-node', '7'];

test('a lookup in flight shows whom it knows, what became of them, who named them', async (t) => {
  const dir = await scratch(t);
  const { code, stderr } = await run(t, dir, [...SIM, ...CHURN, ...RECORD]);
  t.is(code, 0, stderr);
  const tape = await Tape.open(join(dir, 'node.orrec'));
  let witness = new Witness();
  const seen = new Set<string>();
  let most: Shown = { number: 0, rows: [] };
  for (let next = await tape.next(); next !== undefined; next = await tape.next()) {
    if (next.type === 'life') witness = new Witness();
    if (next.type !== 'step') continue;
    const rows = candidatesAt(next);
    witness.see(next, rows);
    for (const row of rows) {
      const wanted = witness.of(row);
      const { state, requests, 'named by': namer } = row;
      // An assertion for each of them would take longer than all the rest.
      if (!isDeepStrictEqual({ state, requests, namer }, wanted)) {
        t.fail(`#${next.number}: ${JSON.stringify(row)} is no ${JSON.stringify(wanted)}`);
      }
      seen.add(state);
    }
    if (rows.length > most.rows.length) most = { number: next.number, rows };
  }
  t.deepEqual([...seen].sort(), ['answered', 'asked', 'failed', 'fresh', 'overdue']);
  await printed(t, dir, most);
});

interface Shown {
  readonly number: number;
  readonly rows: readonly Candidate[];
}

/** A row of the shortlists. */
interface Candidate {
  readonly operation: string;
  readonly target: string;
  readonly rank: string;
  readonly peer: string;
  readonly state: string;
  readonly requests: string;
  readonly 'named by': string;
}

function candidatesAt(step: TapeStep): readonly Candidate[] {
  const [head = [], ...rows] = shortlistRows(step.state, new Namer(step));
  const objects = rows.map((row) => head.map((name, column) => [name, row[column]] as const));
  return objects.map((cells) => Object.fromEntries(cells) as unknown as Candidate);
}

/** JSON has all candidates, text the nearest of each lookup, at once and in the walk. */
async function printed(t: ExecutionContext, dir: string, { number, rows }: Shown): Promise<void> {
  const printedBy = async (args: readonly string[], input = ''): Promise<string> => {
    const line = ['replay', 'node.orrec', ...args];
    return (await run(t, dir, line, Buffer.from(input))).stdout.toString();
  };
  const at = ['--at', `#${number}`];
  const { then } = JSON.parse(await printedBy([...at, '--json'])) as {
    readonly then: { readonly shortlists: unknown };
  };
  t.deepEqual(then.shortlists, rows);

  const [text = ''] = /^shortlists: [^]*?\n(?=calls: )/m.exec(await printedBy(at)) ?? [];
  const walked = await printedBy(['--step'], `g #${number}\ns\n`);
  t.true(text !== '' && walked.endsWith(text), walked);
  const lookups = text.trimEnd().split(/\n(?= {2}-?\d)/);
  const operations = [...new Set(rows.map(({ operation }) => operation))];
  t.is(lookups.shift(), `shortlists: ${operations.length}`);
  for (const [index, op] of operations.entries()) {
    const own = rows.filter(({ operation }) => operation === op);
    const [title = '', head = '', ...lines] = lookups[index]?.split('\n') ?? [];
    const [lookup, states = ''] = title.split(': ');
    t.is(lookup, `  ${op} to ${own[0]?.target ?? ''}`);
    const counts = [...states.matchAll(/(\d+) [a-z]+/g)].map(([, count]) => Number(count));
    t.is(
      counts.reduce((sum, count) => sum + count, 0),
      own.length,
    );
    t.regex(head, /^ {4}rank +peer +state +requests +path +named by$/);
    const nearest = own.slice(0, 20).map(({ rank, peer }) => `${rank} ${peer}`);
    const shown = lines.map((line) => line.trim().split(/ +/, 2).join(' '));
    const more = own.length > 20 ? [`and ${own.length - 20}`] : [];
    t.deepEqual(shown, [...nearest, ...more]);
  }
}

/** What the inputs and effects of a life say of the candidates of each operation. */
class Witness {
  /** The candidate, its operation and name, that a call asks. */
  readonly #asks = new Map<number, string>();
  readonly #requests = new Map<string, number>();
  readonly #answered = new Set<string>();
  readonly #namers = new Map<string, string>();
  /** The calls that are open, and whether they are late. */
  #open: readonly { readonly candidate: string; readonly late: boolean }[] = [];
  #operations = new Set<string>();

  see(step: TapeStep, rows: readonly Candidate[]): void {
    const names = new Namer(step);
    const calls = allItems(step.state.calls);
    this.#open = calls.map(({ call, op, peer, late }) => {
      const candidate = `${op} ${names.peer(peer)}`;
      this.#asks.set(call, candidate);
      return { candidate, late };
    });
    for (const effect of step.effects) {
      if (effect.type !== 'send' || effect.message.type !== 'request') continue;
      const candidate = this.#asks.get(effect.message.call);
      if (candidate === undefined || !QUESTIONS.has(effect.message.body.type)) continue;
      this.#requests.set(candidate, (this.#requests.get(candidate) ?? 0) + 1);
    }
    const answerer = this.#answererIn(step);
    if (answerer !== undefined) this.#answered.add(answerer);
    const [op, name = ''] = answerer?.split(' ') ?? [];
    for (const { operation, peer } of rows) {
      const candidate = `${operation} ${peer}`;
      if (this.#namers.has(candidate)) continue;
      // A lookup begins with those that the node itself knows.
      const isNamed = operation === op && this.#operations.has(operation);
      this.#namers.set(candidate, isNamed ? name : 'itself');
    }
    this.#operations = new Set(rows.map(({ operation }) => operation));
    for (const known of [this.#requests, this.#answered, this.#namers]) this.#forget(known);
  }

  /** What is to be said of a candidate. */
  of({ operation, peer }: Candidate): Readonly<Record<string, string | undefined>> {
    const candidate = `${operation} ${peer}`;
    const requests = this.#requests.get(candidate) ?? 0;
    const namer = this.#namers.get(candidate);
    return { state: this.#stateOf(candidate, requests), requests: `${requests}`, namer };
  }

  #stateOf(candidate: string, requests: number): string {
    if (this.#answered.has(candidate)) return 'answered';
    if (requests === 0) return 'fresh';
    const open = this.#open.filter((call) => call.candidate === candidate);
    // Nobody is asked a third time, and whoever has let one call end is given up.
    if (open.length < requests) return 'failed';
    if (open.some(({ late }) => !late)) return 'asked';
    return requests === 1 ? 'overdue' : 'failed';
  }

  /** Whose answer to a question came. */
  #answererIn({ input, effects }: TapeStep): string | undefined {
    if (input.type !== 'message' || input.message.type !== 'reply') return undefined;
    const { call, body } = input.message;
    const isTooLate = effects.some(
      (effect) => effect.type === 'note' && effect.note.type === 'reply-unasked',
    );
    if (isTooLate || (body.type !== 'peers' && body.type !== 'version')) return undefined;
    return this.#asks.get(call);
  }

  /** A lookup is over: its operation may begin another. */
  #forget(known: Set<string> | Map<string, unknown>): void {
    for (const candidate of known.keys()) {
      const [operation = ''] = candidate.split(' ');
      if (!this.#operations.has(operation)) known.delete(candidate);
    }
  }
}

const QUESTIONS: ReadonlySet<string> = new Set(['find-node', 'find-version']);
