/**
 * The end of the process at an error that nobody caught: what runs is wound up as far as it can be
 * (`onFatal`), the error is told, the exit code is 1.
 *
 * Invariants: the first such error decides, later ones change nothing; winding up takes
 * `WIND_UP_MS_MAX` at most, however it goes. The process never runs on: nobody knows what it would
 * do.
 */
import { report } from './failure.ts';
import { leave, leaveAtOnce } from './output.ts';

type WindUp = (error: unknown) => Promise<void>;

let windUp: WindUp | undefined;
let isEnding = false;

/** What is to be done before such an end; @returns how to take it back */
export function onFatal(act: WindUp): () => void {
  windUp = act;
  return () => {
    windUp = undefined;
  };
}

export function watchForFatal(): void {
  process.on('uncaughtException', (error) => {
    void end(error);
  });
  process.on('unhandledRejection', (reason) => {
    void end(reason);
  });
}

/** Where an error came from, for a log: its frames without its text, which may be a peer's. */
export function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^ +at /.test(line));
  return frames
    .map((line) => line.trim().slice(3))
    .join(' < ')
    .slice(0, FRAMES_LENGTH_MAX);
}

async function end(error: unknown): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const late = new Promise<false>((resolve) => setTimeout(resolve, WIND_UP_MS_MAX, false));
  const isWoundUp = await Promise.race([late, windUp?.(error).catch(() => undefined)]);
  const exitCode = report(error);
  await (isWoundUp === false ? leaveAtOnce() : leave(exitCode));
}

const WIND_UP_MS_MAX = 3000;
const FRAMES_LENGTH_MAX = 1000;
