/**
 * Histories of a register that does nothing wrong: each operation takes effect at one instant
 * between its call and its return, nodes agree at all times, and values end when they must.
 */
import fc from 'fast-check';
import type { GetRecord, History, HistoryRecord, PutRecord } from './history.ts';

export const TTL_MS = 5000;

export function put(part: Partial<PutRecord> & Pick<PutRecord, 'value'>): PutRecord {
  return {
    type: 'put',
    node: 0,
    key: 'a',
    ttlMs: TTL_MS,
    invokedMs: 0,
    returnedMs: 10,
    outcome: 'acknowledged',
    answered: true,
    version: 1,
    ...part,
  };
}

export function get(part: Partial<GetRecord> & Pick<GetRecord, 'value'>): GetRecord {
  return {
    type: 'get',
    node: 0,
    key: 'a',
    invokedMs: 20,
    returnedMs: 30,
    outcome: 'found',
    final: false,
    ...part,
  };
}

interface Step {
  readonly waitMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly node: number;
  readonly key: string;
  readonly act: 'put' | 'get' | 'failed put' | 'kept put' | 'vanished put' | 'unanswered get';
}

const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.integer({ min: 1, max: 3000 }),
  beforeMs: fc.integer({ min: 1, max: 4000 }),
  afterMs: fc.integer({ min: 1, max: 4000 }),
  node: fc.nat(2),
  key: fc.constantFrom('a', 'b', 'c'),
  act: fc.constantFrom(
    'put' as const,
    'get' as const,
    'get' as const,
    'failed put' as const,
    'kept put' as const,
    'vanished put' as const,
    'unanswered get' as const,
  ),
});

export const lawful: fc.Arbitrary<History> = fc.array(step, { maxLength: 60 }).map(historyOf);

function historyOf(steps: readonly Step[]): History {
  const history: HistoryRecord[] = [];
  const state = new Map<string, { readonly value: string; readonly endsMs: number }>();
  let nowMs = 0;
  for (const [number, { waitMs, beforeMs, afterMs, node, key, act }] of steps.entries()) {
    nowMs += waitMs;
    const times = { node, key, invokedMs: nowMs - beforeMs, returnedMs: nowMs + afterMs };
    if (act === 'get' || act === 'unanswered get') {
      const held = state.get(key);
      const value = held !== undefined && nowMs < held.endsMs ? held.value : '';
      const outcome = value === '' ? 'absent' : 'found';
      if (act === 'get') history.push(get({ ...times, value, outcome }));
      else history.push(get({ ...times, value: '', outcome: 'unknown' }));
      continue;
    }
    const value = `v${number}`;
    if (act === 'put' || act === 'kept put') state.set(key, { value, endsMs: nowMs + TTL_MS });
    history.push(putOf(act, { ...times, value }, nowMs));
  }
  return history;
}

function putOf(
  act: 'put' | 'failed put' | 'kept put' | 'vanished put',
  part: Partial<PutRecord> & Pick<PutRecord, 'value'>,
  version: number,
): PutRecord {
  if (act === 'put') return put({ ...part, version });
  if (act === 'failed put') return put({ ...part, outcome: 'failed', version: 0 });
  return put({ ...part, outcome: 'unknown', answered: false, version: 0 });
}
