/**
 * The time series of a run: at the end of each step, what has happened since the last one and how
 * things stand. Each part samples its own nodes; sums add up to the whole.
 */

import type { Arena } from '../arena.ts';
import { deadContacts } from '../observer/health.ts';
import { MESSAGE_KINDS } from '../observer/measures.ts';
import type { Series } from '../observer/series.ts';
import type { SimOptions } from '../options.ts';
import type { Ring } from '../ring.ts';

const STEPS = 120;
const STEP_MS_MIN = 1000;
/** Nodes whose tables are looked at in each step. */
const TABLES_MAX = 1000;

/** A row of sums, numbers only: the columns below, then one per kind of message. */
export type SampleRow = readonly number[];

const FIXED = ['atMs', 'onlineUs', 'online', 'lookups', 'succeeded', 'exact', 'gets', 'found'];
const TAIL = ['dead', 'contacts', 'holders', 'keys'];
const COLUMNS = [...FIXED, ...TAIL, ...MESSAGE_KINDS];
/** Columns that every part knows for all nodes. */
const SHARED = new Set(['atMs', 'onlineUs', 'online', 'keys']);

/** The length of a step: whole seconds, so that there are about `STEPS` of them. */
export function stepMsOf(options: SimOptions, workMs: number): number {
  const span = options.durationMs > 0 ? options.durationMs : workMs;
  return Math.max(STEP_MS_MIN, Math.ceil(span / STEPS / 1000) * 1000);
}

export class Sampler {
  readonly rows: SampleRow[] = [];
  readonly #world: Arena;
  #before: SampleRow = COLUMNS.map(() => 0);

  constructor(world: Arena) {
    this.#world = world;
  }

  forget(): void {
    this.rows.length = 0;
    this.#before = COLUMNS.map(() => 0);
  }

  /** The rows so far and the sums behind the last one, for a snapshot. */
  get taken(): readonly SampleRow[] {
    return [this.#before, ...this.rows];
  }

  set taken([before, ...rows]: readonly SampleRow[]) {
    this.#before = before ?? this.#before;
    this.rows.push(...rows);
  }

  /** Adds the row of the step that ends now. */
  sample(ring: Ring): void {
    const total = this.#totals(ring);
    const standing = new Set(['atMs', 'online', ...TAIL]);
    this.rows.push(
      total.map((value, i) =>
        standing.has(COLUMNS[i] ?? '') ? value : value - (this.#before[i] ?? 0),
      ),
    );
    this.#before = total;
  }

  #totals(ring: Ring): number[] {
    const world = this.#world;
    const { measures, population, values, roles, now, nowMs, wallMs } = world;
    measures.countTime(now);
    const { lookups, lookupsSucceeded, lookupsExact, gets, getsFound } = measures.counts;
    const [dead, contacts] = deadContacts(population, ring, TABLES_MAX);
    const { holders } = values.inventory.take(population, roles, nowMs, wallMs);
    let held = 0;
    let keys = 0;
    for (let put = 0; put < holders.length; put++) {
      if (!values.isDue(put, wallMs)) continue;
      keys++;
      held += holders[put] ?? 0;
    }
    const atMs = (now - world.measuredFrom) / 1000;
    return [
      ...[atMs, measures.onlineUs, measures.online],
      ...[lookups, lookupsSucceeded, lookupsExact, gets, getsFound],
      ...[dead, contacts, held, keys],
      ...MESSAGE_KINDS.map((kind) => measures.sent[kind]),
    ];
  }
}

/** The rows of several parts as those of one. */
export function summed(parts: readonly (readonly SampleRow[])[]): readonly SampleRow[] {
  return addedUp(parts, (column) => SHARED.has(COLUMNS[column] ?? ''));
}

/** Rows of all parts, column by column: what is not known to every part alike adds up. */
export function addedUp(
  parts: readonly (readonly SampleRow[])[],
  isShared: (column: number) => boolean,
): readonly SampleRow[] {
  return (parts[0] ?? []).map((row, step) =>
    row.map((value, column) =>
      isShared(column) ? value : parts.reduce((sum, part) => sum + (part[step]?.[column] ?? 0), 0),
    ),
  );
}

/** The series of the whole from the rows of its parts. */
export function seriesOf(stepMs: number, parts: readonly (readonly SampleRow[])[]): Series {
  const rows = summed(parts);
  const column = (name: string): number[] => rows.map((row) => row[COLUMNS.indexOf(name)] ?? 0);
  const ratio = (over: string, under: string): (number | null)[] => {
    const below = column(under);
    return column(over).map((value, i) => ((below[i] ?? 0) === 0 ? null : value / (below[i] ?? 1)));
  };
  const traffic: Record<string, readonly number[]> = {};
  const onlineS = column('onlineUs').map((us) => us / 1e6);
  for (const kind of MESSAGE_KINDS) {
    traffic[kind] = column(kind).map((sent, i) => (onlineS[i] ? sent / onlineS[i] : 0));
  }
  return {
    stepMs,
    atMs: column('atMs'),
    online: column('online'),
    traffic,
    lookups: column('lookups'),
    succeeded: column('succeeded'),
    exact: column('exact'),
    gets: column('gets'),
    found: column('found'),
    deadShare: ratio('dead', 'contacts').map((share) => share ?? 0),
    replicas: ratio('holders', 'keys'),
  };
}
