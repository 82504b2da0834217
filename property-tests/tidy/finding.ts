// What the tidy checks work on and give back. A check is a pure function from sources to findings,
// so that the same function judges the tree and the small planted sources that prove it fires.

/** One file, its path relative to the root and written with `/`. */
export type Source = { readonly path: string; readonly text: string };

/** `message` says what to do instead. Lines count from 1, also for a whole file. */
export type Finding = { readonly path: string; readonly line: number; readonly message: string };

export type Check = (source: Source) => readonly Finding[];

export function show(finding: Finding): string {
  return `${finding.path}:${finding.line} ${finding.message}`;
}
