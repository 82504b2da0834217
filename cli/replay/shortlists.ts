/**
 * The shortlists of the lookups that a node is in the middle of: whom each has heard of, what
 * became of them, and who named them. A lookup asks from the front of its list, so here stands why
 * it asks whom it asks.
 */
import type { Lookup } from '../../src/lookup/lookup.ts';
import { ANSWERED, ASKED, FAILED, FRESH, OVERDUE } from '../../src/lookup/marks.ts';
import { namerOf, pathOf, requestsOf, stateOf } from '../../src/lookup/marks.ts';
import { allItems } from '../../src/paged.ts';
import { isDriven } from '../../src/state/operation.ts';
import type { NodeState } from '../../src/step.ts';
import type { OpId } from '../../src/types.ts';
import { tableOf } from '../output.ts';
import type { Namer } from './lines.ts';

/** All candidates of all lookups, the head first. */
export function shortlistRows(state: NodeState, names: Namer): string[][] {
  const rows = [['operation', 'target', ...CANDIDATE_HEAD]];
  for (const { op, lookup } of lookupsIn(state)) {
    const target = names.position(lookup.target);
    for (const row of candidateRows(lookup, names)) rows.push([`${op}`, target, ...row]);
  }
  return rows;
}

/** For each lookup how many there are in each state, and of the first lookups the nearest. */
export function shortlistsText(state: NodeState, names: Namer): string {
  const lookups = lookupsIn(state);
  const lines = [`shortlists: ${lookups.length}`];
  for (const [index, { op, lookup }] of lookups.entries()) {
    lines.push(`  ${op} to ${names.position(lookup.target)}: ${statesText(lookup)}`);
    const rows = candidateRows(lookup, names);
    if (index >= LOOKUPS_SHOWN || rows.length === 0) continue;
    const nearest = rows.slice(0, CANDIDATES_SHOWN);
    lines.push(tableOf([CANDIDATE_HEAD, ...nearest]).replaceAll(/^/gm, '    '));
    const more = rows.length - nearest.length;
    if (more > 0) lines.push(`    and ${more} farther`);
  }
  return lines.join('\n');
}

function lookupsIn({ operations }: NodeState): readonly Driving[] {
  return allItems(operations).flatMap((operation) =>
    isDriven(operation) && operation.lookup !== undefined
      ? [{ op: operation.op, lookup: operation.lookup }]
      : [],
  );
}

interface Driving {
  readonly op: OpId;
  readonly lookup: Lookup;
}

const CANDIDATE_HEAD = ['rank', 'peer', 'state', 'requests', 'path', 'named by'];

/** Nearest first. */
function candidateRows({ self, list, responders }: Lookup, names: Namer): string[][] {
  return list.peers.map((peer, index) => {
    const mark = list.marks[index] ?? FRESH;
    // Whom nobody has named is from the own table, or was given to the lookup.
    const namer = responders[namerOf(mark) - 1] ?? self;
    return [
      `${index + 1}`,
      names.peer(peer),
      STATES.get(stateOf(mark)) ?? '',
      `${requestsOf(mark)}`,
      `${pathOf(mark) + 1}`,
      names.peer(namer),
    ];
  });
}

function statesText({ list }: Lookup): string {
  if (list.marks.length === 0) return 'nobody';
  const counts = [...STATES].map(([state, name]) => {
    const count = list.marks.filter((mark) => stateOf(mark) === state).length;
    return count === 0 ? '' : `${count} ${name}`;
  });
  return counts.filter((text) => text !== '').join(', ');
}

const STATES: ReadonlyMap<number, string> = new Map([
  [ANSWERED, 'answered'],
  [ASKED, 'asked'],
  [OVERDUE, 'overdue'],
  [FAILED, 'failed'],
  [FRESH, 'fresh'],
]);

/** In text; `--json` has all. */
const LOOKUPS_SHOWN = 10;
const CANDIDATES_SHOWN = 20;
