/**
 * Walking through a recording event by event: commands from standard input, a line each, answers on
 * standard output. It works at a terminal as well as from a pipe.
 */
import { createInterface } from 'node:readline';
import { UsageError } from '../../runtime/failure.ts';
import { reasonOf } from '../../runtime/log.ts';
import { print, say } from '../output.ts';
import { countsText, TOPICS, topicText } from './beliefs.ts';
import { isPast, parseInstant } from './instant.ts';
import type { Instant } from './instant.ts';
import { effectLine, inputLine, Namer, valueText } from './lines.ts';
import type { Tape, TapeStep } from './tape.ts';

const HELP = `Enter, n   the next step          N         on by N steps, the last 100 of them shown
t          table                 l         lookups and other operations
s          shortlists of lookups c         calls open
r          records               f         fellows
e          this step again       g TIME    on to #STEP, +90s or a date and time
q          quit                  ?         this`;

const LETTERS: ReadonlyMap<string, (typeof TOPICS)[number]> = new Map(
  TOPICS.map((topic) => [topic.charAt(0), topic]),
);

/** @returns whether all steps that were walked through are as they were */
export async function walk(tape: Tape, from?: Instant): Promise<boolean> {
  const walker = new Walker(tape);
  if (from === undefined) print(`at the beginning: ${countsText(tape.here.state)}`);
  else await walker.goTo(from);
  if (process.stdin.isTTY) say(HELP);
  const lines = createInterface({ input: process.stdin, terminal: false });
  prompt();
  for await (const line of lines) {
    if (!(await walker.obey(line.trim()))) break;
    prompt();
  }
  lines.close();
  return walker.isSame;
}

class Walker {
  isSame = true;
  /** How many of the seams and restarts were told. */
  readonly #told = { seams: 0, restarts: 0 };
  readonly #tape: Tape;
  #last: TapeStep | undefined;
  #isOver = false;

  constructor(tape: Tape) {
    this.#tape = tape;
    this.#tellSeams();
  }

  /** @returns whether to go on */
  async obey(line: string): Promise<boolean> {
    if (line === 'q') return false;
    const topic = LETTERS.get(line);
    if (topic !== undefined) print(topicText(topic, this.#tape.here));
    else if (line === '' || line === 'n') await this.#go(1);
    else if (/^\d{1,9}$/.test(line)) await this.#go(Number(line));
    else if (line === 'e') this.#show();
    else if (line.startsWith('g ')) await this.#goToText(line.slice(2).trim());
    else print(HELP);
    return true;
  }

  /** Shows the last of them, and all that are not as they were. */
  async #go(steps: number): Promise<void> {
    let shown: TapeStep[] = [];
    for (let left = steps; left > 0 && (await this.#next()); left--) {
      const step = this.#last;
      if (step === undefined) break;
      if (step.isSame && shown.length === SHOWN_MAX) shown = shown.slice(1);
      if (step.isSame) shown.push(step);
      else this.#show();
    }
    for (const step of shown) showStep(step);
    if (this.#isOver) print('the recording ends here');
  }

  async #goToText(text: string): Promise<void> {
    try {
      await this.goTo(parseInstant(text));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      print(error.message);
    }
  }

  /** On to a step by its number, or to the first one behind an instant. */
  async goTo(instant: Instant): Promise<void> {
    // A step by its number is the one that is meant, not the one behind it.
    const to = instant.type === 'step' ? { ...instant, number: instant.number - 1 } : instant;
    const isThere = (step: TapeStep): boolean => isPast(to, step);
    if (this.#last !== undefined && isThere(this.#last)) {
      print('that is behind us: begin again with --step to go back');
      return;
    }
    while (await this.#next()) {
      if (this.#last === undefined || !isThere(this.#last)) continue;
      this.#show();
      return;
    }
    print('the recording ends here');
  }

  async #next(): Promise<boolean> {
    let next = await this.#tape.next();
    while (next !== undefined && next.type !== 'step') next = await this.#tape.next();
    this.#tellSeams();
    this.#isOver = next === undefined;
    if (next === undefined) return false;
    this.#last = next;
    this.isSame &&= next.isSame;
    return true;
  }

  /** As soon as they are come to, for a step behind one does not follow from the one before. */
  #tellSeams(): void {
    const { seams, restarts } = this.#tape;
    for (const line of seams.slice(this.#told.seams)) print(line);
    for (const at of restarts.slice(this.#told.restarts)) print(restartText(at));
    this.#told.seams = seams.length;
    this.#told.restarts = restarts.length;
  }

  #show(): void {
    if (this.#last === undefined) print(`at the beginning: ${countsText(this.#tape.here.state)}`);
    else showStep(this.#last);
  }
}

function showStep(step: TapeStep): void {
  for (const line of stepLines(step)) print(line);
}

/** A step in full: when, what came in, what went out, and whether that is what went out then. */
export function stepLines(step: TapeStep): readonly string[] {
  const { number, moment, afterMs, input, value, effects, fault, isSame } = step;
  const names = new Namer(step);
  const lines = [
    `#${number}  +${(afterMs / 1000).toFixed(3)}s  ${new Date(moment.wall).toISOString()}`,
  ];
  lines.push(`  in   ${inputLine(input, names)}`);
  if (value !== undefined) lines.push(`       ${valueText(value)}`);
  for (const effect of effects) lines.push(`  out  ${effectLine(effect, names)}`);
  if (fault !== undefined) lines.push(`  the core fails here: ${reasonOf(fault)}`);
  if (!isSame) lines.push('  this is not what the node did when it was recorded');
  return lines;
}

export function restartText(at: number): string {
  return `started again at ${new Date(at).toISOString()}`;
}

function prompt(): void {
  if (process.stdin.isTTY) process.stderr.write('> ');
}

const SHOWN_MAX = 100;
