// Whose turn has come, and what becomes of it: on the operations of a node, before its core.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { OPERATIONS_AT_ONCE_MAX, OPERATIONS_WAITING_MS_MAX } from '../../runtime/bounds.ts';
import { sha256 } from '../../runtime/edge.ts';
import { silentLog } from '../../runtime/log.ts';
import { Operations } from '../../runtime/operations.ts';
import { openDisk } from '../../runtime/records/disk.ts';
import { Values } from '../../runtime/records/values.ts';
import { Slices } from '../../runtime/slices.ts';
import type { OpId } from '../../src/types.ts';
import { scratch } from '../certificates/identity-kit.ts';
import { eventually, newKey, valueOf } from './node-kit.ts';

const signer = {
  publisher: new Uint8Array(32),
  certificate: new Uint8Array(40),
  sign: () => new Uint8Array(64),
};

const trail = { nearest: [], responders: [], namedBy: [], requests: 0, replies: 0 };
const rest = { holders: [], wanted: 0, trail };
const timedOut = { type: 'failed', failure: 'timed-out', ...rest } as const;

interface Desk {
  readonly operations: Operations;
  /** What the core was told to begin, and has not ended. */
  readonly begun: OpId[];
  /** Ends the first of them. */
  readonly endOne: () => void;
}

async function newDesk(t: ExecutionContext): Promise<Desk> {
  const disk = await openDisk(await scratch(t), silentLog);
  t.teardown(() => disk.close());
  const begun: OpId[] = [];
  const feed: ConstructorParameters<typeof Operations>[0] = (input) => {
    if (input.type === 'command') begun.push(input.op);
  };
  const values = new Values(disk, signer);
  const operations = new Operations(feed, { hash: sha256 }, values, new Slices(), {}, () => false);
  return {
    operations,
    begun,
    endOne: () => {
      operations.settle(begun.shift() ?? t.fail(), timedOut);
    },
  };
}

/** Has so many of one kind going on that the next one waits. */
function occupy({ operations }: Desk, kind: 'get' | 'put'): void {
  for (let i = 0; i < OPERATIONS_AT_ONCE_MAX; i++) {
    const by = { who: {} };
    if (kind === 'get') void operations.get(newKey(), by);
    else void operations.put(newKey(), valueOf(1), {}, by);
  }
}

test('a PUT begins although nobody takes its answer, a GET does not', async (t) => {
  const desk = await newDesk(t);
  const by = { who: {}, takes: () => false };
  void desk.operations.put(newKey(), valueOf(1), {}, by);
  await delay(0);
  t.is(desk.begun.length, 1);
  t.true((await desk.operations.get(newKey(), by)).isPutOff);
  t.is(desk.begun.length, 1);
});

test('whose turn comes too late is refused, but for a PUT of which nobody is told', async (t) => {
  const [reads, writes] = [await newDesk(t), await newDesk(t)];
  occupy(reads, 'get');
  occupy(writes, 'put');
  const read = reads.operations.get(newKey(), { who: {} });
  const checked = writes.operations.put(newKey(), valueOf(1), {}, { who: {} });
  const patient = { who: {}, isPatient: () => true };
  const plain = writes.operations.put(newKey(), valueOf(1), {}, patient);
  await delay(OPERATIONS_WAITING_MS_MAX + 500);
  reads.endOne();
  writes.endOne();
  t.like((await read).outcome, { type: 'failed', failure: 'too-many-operations' });
  t.is((await checked).status, 'busy');
  t.is(reads.begun.length, OPERATIONS_AT_ONCE_MAX - 1);
  await eventually(t, 'the last one begins', () => writes.begun.length === OPERATIONS_AT_ONCE_MAX);
  while (writes.begun.length > 0) writes.endOne();
  t.is((await plain).status, 'timed-out');
});
