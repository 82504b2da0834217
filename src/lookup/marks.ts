/**
 * What a lookup notes beside each of its candidates, in one small integer: the candidate's state,
 * whether it was asked a second time, the path it belongs to, and who first named it.
 *
 * A state only goes forward: fresh, asked, then answered, failed or overdue; an overdue one may be
 * asked again, once. Path and namer never change.
 */

export const FRESH = 0;
export const ASKED = 1;
export const OVERDUE = 2;
export const ANSWERED = 3;
export const FAILED = 4;

const STATE_MASK = 7;
/** Set from the second request on. */
const AGAIN = 8;
const PATH_SHIFT = 4;
/** Three bits: `PATHS_MAX` paths. */
const PATH_MASK = 7;
const NAMER_SHIFT = 7;

/** The mark of a fresh candidate; `namer` as in `Lookup.namers`. */
export function freshMark(path: number, namer: number): number {
  return (namer << NAMER_SHIFT) | (path << PATH_SHIFT) | FRESH;
}

export function stateOf(mark: number): number {
  return mark & STATE_MASK;
}

export function pathOf(mark: number): number {
  return (mark >>> PATH_SHIFT) & PATH_MASK;
}

export function namerOf(mark: number): number {
  return mark >>> NAMER_SHIFT;
}

/** How often the candidate was asked: not at all, once or twice. */
export function requestsOf(mark: number): number {
  if (stateOf(mark) === FRESH) return 0;
  return wasAskedAgain(mark) ? 2 : 1;
}

export function wasAskedAgain(mark: number): boolean {
  return (mark & AGAIN) !== 0;
}

export function isAsked(mark: number): boolean {
  return (mark & STATE_MASK) === ASKED;
}

/** Whether the candidate may be asked: it is fresh, or its first answer is overdue. */
export function isOpen(mark: number): boolean {
  const state = mark & STATE_MASK;
  return state === FRESH || state === OVERDUE;
}

/**
 * Whether a candidate is kept although there is no room for it: a call in flight has an answer to
 * come; and of several paths, none may ask whom another one has forgotten that it asked.
 */
export function mustStay(mark: number, paths: number): boolean {
  return paths === 1 ? isAsked(mark) : stateOf(mark) !== FRESH;
}

export function withState(mark: number, state: number): number {
  return (mark & ~STATE_MASK) | state;
}

/** The mark of an open candidate once it is asked. */
export function askedMark(mark: number): number {
  const again = stateOf(mark) === OVERDUE ? AGAIN : 0;
  return withState(mark, ASKED) | again;
}
