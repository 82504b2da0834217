/**
 * Judges a history: a pure function from what was recorded to what was checked, what could not be
 * judged, and what was wrong.
 *
 * Rules: an operation takes effect at some instant between its call and its return, so only what no
 * choice of instants explains is a violation; what has no known outcome or version is counted as
 * unknown and passes nothing. All PUTs of one key have one TTL, so that a later one also ends later
 * and nothing that overwrote a value can be gone before it.
 */
import type { GetRecord, History, PutRecord } from './history.ts';

export interface Finding {
  readonly rule: RuleName;
  readonly get: GetRecord;
  readonly text: string;
}

export interface Tally {
  readonly checked: number;
  readonly unknown: number;
  readonly violations: number;
}

export type RuleName = 'invention' | 'expiry' | 'going back' | 'stale' | 'lost';

export interface Verdict {
  readonly puts: Readonly<Record<PutRecord['outcome'], number>>;
  readonly gets: Readonly<Record<GetRecord['outcome'], number>>;
  readonly rules: Readonly<Record<RuleName, Tally>>;
  /** Of the lost ones: final reads that found nothing, and that found an older value. */
  readonly lostAs: { readonly absent: number; readonly older: number };
  readonly findings: readonly Finding[];
}

/** @throws when the PUTs of one key differ in their TTL, or two PUTs have one value */
export function check(history: History): Verdict {
  const puts = history.filter((record) => record.type === 'put');
  const all = history.filter((record) => record.type === 'get');
  const gets = all.filter(({ final }) => !final);
  const written = writtenOf(puts);
  const findings: Finding[] = [];
  const found = all.filter(({ outcome }) => outcome === 'found');
  const unanswered = all.length - found.length - all.filter((g) => g.outcome === 'absent').length;
  const rules = {
    invention: tally(found, unanswered, (get) => inventionIn(get, written), findings),
    expiry: tally(found, unanswered, (get) => expiryIn(get, written), findings),
    'going back': tally(found, unanswered, goingBackIn(found, written), findings),
    stale: tally(
      found.filter(({ final }) => !final),
      0,
      (get) => stalenessIn(get, written),
      findings,
    ),
    lost: tally(
      all.filter(({ final }) => final),
      0,
      (get) => lossIn(get, written),
      findings,
    ),
  };
  const lost = findings.filter(({ rule }) => rule === 'lost').map(({ get }) => get.outcome);
  const absent = lost.filter((outcome) => outcome === 'absent').length;
  return {
    puts: countOf(puts, { acknowledged: 0, failed: 0, unknown: 0 }),
    gets: countOf(gets, { found: 0, absent: 0, unknown: 0 }),
    rules,
    lostAs: { absent, older: lost.length - absent },
    findings,
  };
}

/** The share of operations whose outcome is known, final reads left out; 0 of none. */
export function knownShare({ puts, gets }: Verdict): number {
  const known = puts.acknowledged + puts.failed + gets.found + gets.absent;
  return known === 0 ? 0 : known / (known + puts.unknown + gets.unknown);
}

const none: Tally = { checked: 0, unknown: 0, violations: 0 };

/** Of no history at all. */
export const emptyVerdict: Verdict = {
  puts: { acknowledged: 0, failed: 0, unknown: 0 },
  gets: { found: 0, absent: 0, unknown: 0 },
  rules: { invention: none, expiry: none, 'going back': none, stale: none, lost: none },
  lostAs: { absent: 0, older: 0 },
  findings: [],
};

/** Of histories that have no key in common. Of each rule some findings are kept. */
export function sumOf(a: Verdict, b: Verdict): Verdict {
  return {
    puts: added(a.puts, b.puts),
    gets: added(a.gets, b.gets),
    rules: {
      invention: added(a.rules.invention, b.rules.invention),
      expiry: added(a.rules.expiry, b.rules.expiry),
      'going back': added(a.rules['going back'], b.rules['going back']),
      stale: added(a.rules.stale, b.rules.stale),
      lost: added(a.rules.lost, b.rules.lost),
    },
    lostAs: added(a.lostAs, b.lostAs),
    findings: Object.keys(a.rules).flatMap((rule) =>
      [...a.findings, ...b.findings].filter((one) => one.rule === rule).slice(0, FINDINGS_KEPT),
    ),
  };
}

function added<T extends object>(a: T, b: T): T {
  const more = new Map<string, unknown>(Object.entries(b));
  const sums = Object.entries(a).map(([name, count]) => [
    name,
    Number(count) + Number(more.get(name)),
  ]);
  return Object.fromEntries(sums) as T;
}

type Written = ReadonlyMap<string, readonly PutRecord[]>;
/** Nothing when all is well, `unknown` when that cannot be said. */
type Rule = (get: GetRecord) => Finding | 'unknown' | undefined;

function writtenOf(puts: readonly PutRecord[]): Written {
  const written = new Map<string, PutRecord[]>();
  const values = new Set<string>();
  for (const put of puts) {
    if (values.has(put.value)) throw new Error(`two PUTs of the value ${put.value}`);
    values.add(put.value);
    const before = written.get(put.key);
    if (before === undefined) written.set(put.key, [put]);
    else before.push(put);
    if (before?.[0] !== undefined && before[0].ttlMs !== put.ttlMs) {
      throw new Error(`the PUTs of ${put.key} differ in their TTL`);
    }
  }
  return written;
}

function tally(
  gets: readonly GetRecord[],
  unanswered: number,
  rule: Rule,
  findings: Finding[],
): Tally {
  let unknown = unanswered;
  let violations = 0;
  for (const get of gets) {
    const result = rule(get);
    if (result === 'unknown') unknown += 1;
    else if (result !== undefined) {
      violations += 1;
      findings.push(result);
    }
  }
  return { checked: gets.length + unanswered - unknown, unknown, violations };
}

/** The PUT that a read value is of; one that made nothing cannot be. */
function sourceOf(get: GetRecord, written: Written): PutRecord | undefined {
  const of = written.get(get.key)?.find(({ value }) => value === get.value);
  return of?.outcome === 'failed' || (of && of.invokedMs > get.returnedMs) ? undefined : of;
}

/** S11: what is read was put under that key, by a PUT begun before the read ended. */
function inventionIn(get: GetRecord, written: Written): Finding | undefined {
  if (sourceOf(get, written) !== undefined) return undefined;
  return finding('invention', get, 'which nobody had put there');
}

/** S12: nothing is read that had expired, with its allowance, before the read began. */
function expiryIn(get: GetRecord, written: Written): Finding | 'unknown' | undefined {
  const put = sourceOf(get, written);
  // Without an answer there is no telling when the node began to count its life.
  if (put?.answered !== true) return 'unknown';
  const lateMs = get.invokedMs - (put.returnedMs + put.ttlMs + EXPIRY_ALLOWANCE_MS);
  if (lateMs <= 0) return undefined;
  return finding('expiry', get, `${Math.round(lateMs)} ms after its end; ${told(put)}`);
}

/** S14: after a newer value was read through a node, no older one is while the newer lives. */
function goingBackIn(found: readonly GetRecord[], written: Written): Rule {
  const seen = new Map<string, { readonly get: GetRecord; readonly put: PutRecord }[]>();
  for (const get of found) {
    const put = acknowledgedSource(get, written);
    if (put === undefined) continue;
    const name = `${get.node} ${get.key}`;
    const before = seen.get(name);
    if (before === undefined) seen.set(name, [{ get, put }]);
    else before.push({ get, put });
  }
  return (get) => {
    const put = acknowledgedSource(get, written);
    if (put === undefined) return 'unknown';
    const newer = seen
      .get(`${get.node} ${get.key}`)
      ?.find(
        (one) =>
          one.get.returnedMs < get.invokedMs &&
          one.put.version > put.version &&
          livesAt(one.put, get.returnedMs),
      );
    if (newer === undefined) return undefined;
    const readAt = `the newer was read at ${Math.round(newer.get.returnedMs)}`;
    return finding('going back', get, `${told(put)}; ${readAt}, ${told(newer.put)}`);
  };
}

/** After a newer value was acknowledged, no read that begins later finds an older one. */
function stalenessIn(get: GetRecord, written: Written): Finding | 'unknown' | undefined {
  const put = acknowledgedSource(get, written);
  if (put === undefined) return 'unknown';
  const newer = written
    .get(get.key)
    ?.find(
      (one) =>
        one.version > put.version && one.returnedMs < get.invokedMs && livesAt(one, get.returnedMs),
    );
  if (newer === undefined) return undefined;
  return finding('stale', get, `${told(put)}; newer ${told(newer)}`);
}

/** The newest acknowledged value of a key, or one that may be newer, is found in the end. */
function lossIn(get: GetRecord, written: Written): Finding | 'unknown' | undefined {
  const puts = written.get(get.key) ?? [];
  const newest = puts.reduce<PutRecord | undefined>(
    (best, put) => (put.version > (best?.version ?? 0) ? put : best),
    undefined,
  );
  if (get.outcome === 'unknown' || newest === undefined) return 'unknown';
  if (!livesAt(newest, get.returnedMs)) return 'unknown';
  if (get.outcome === 'absent') return finding('lost', get, told(newest));
  const source = sourceOf(get, written);
  if (source === undefined || source.version >= newest.version) return undefined;
  if (source.outcome === 'unknown') return undefined;
  return finding('lost', get, `${told(source)}; newest ${told(newest)}`);
}

function acknowledgedSource(get: GetRecord, written: Written): PutRecord | undefined {
  const put = sourceOf(get, written);
  return put?.outcome === 'acknowledged' ? put : undefined;
}

/** Whether its life cannot be over yet: it began when the PUT was asked for, or later. */
function livesAt(put: PutRecord, atMs: number): boolean {
  return atMs < put.invokedMs + put.ttlMs;
}

function finding(rule: RuleName, get: GetRecord, text: string): Finding {
  const when = `${Math.round(get.invokedMs)} to ${Math.round(get.returnedMs)}`;
  const what = get.outcome === 'found' ? get.value : 'nothing';
  return { rule, get, text: `node ${get.node}, key ${get.key}, ${when}: read ${what}, ${text}` };
}

function told(put: PutRecord): string {
  const when = `${Math.round(put.invokedMs)} to ${Math.round(put.returnedMs)}`;
  return `${put.value} put through node ${put.node} ${when}, version ${put.version}`;
}

function countOf<T extends string>(
  records: readonly { readonly outcome: T }[],
  zero: Record<T, number>,
): Record<T, number> {
  const counts = { ...zero };
  for (const { outcome } of records) counts[outcome] += 1;
  return counts;
}

/** How much later than its end a value may still be served, in ms. */
const EXPIRY_ALLOWANCE_MS = 2000;
const FINDINGS_KEPT = 100;
