// Who may go on when only so much goes on at once: on the counter itself, whoever asks for what.
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { OPERATIONS_AT_ONCE_MAX, OPERATIONS_WAITING_MAX } from '../../runtime/bounds.ts';
import { Turns } from '../../runtime/turns.ts';
import { law } from '../harness.ts';

function newTurns(): Turns<number> {
  return new Turns((work) => {
    work();
  });
}

const steps = fc.array(fc.oneof(fc.constant('over' as const), fc.nat({ max: 5 })), {
  maxLength: 400,
});

law('all that is taken in begins once, in its order, and no more at once', [steps], 300, (all) => {
  const turns = newTurns();
  const begun: (readonly [number, number])[] = [];
  const asked = [0, 0, 0, 0, 0, 0];
  let running = 0;
  const over = (): void => {
    if (running === 0) return;
    running -= 1;
    turns.over();
  };
  for (const step of all) {
    if (step === 'over') {
      over();
      continue;
    }
    const number = asked[step] ?? 0;
    asked[step] = number + 1;
    const isTaken = turns.ask(step, () => {
      running += 1;
      begun.push([step, number]);
    });
    assert.ok(isTaken);
    assert.ok(running <= OPERATIONS_AT_ONCE_MAX);
  }
  while (running > 0) over();
  assert.equal(
    begun.length,
    asked.reduce((sum, count) => sum + count, 0),
  );
  for (const who of asked.keys()) {
    const numbers = begun.flatMap(([one, number]) => (one === who ? number : []));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  }
});

test('a thousand who ask without end keep nobody waiting for long, and leave room', (t) => {
  const turns = newTurns();
  const greedy = Array.from({ length: 1000 }, (_, index) => index);
  let taken = 0;
  for (let round = 0; round < 300; round++) {
    for (const who of greedy) if (turns.ask(who, () => undefined)) taken += 1;
  }
  t.true(taken <= OPERATIONS_AT_ONCE_MAX + OPERATIONS_WAITING_MAX + greedy.length);
  t.true(taken > OPERATIONS_WAITING_MAX / 2);
  t.false(turns.hasRoom(0));
  t.true(turns.hasRoom(-1));
  const begun: string[] = [];
  t.true(turns.ask(-1, () => begun.push('first')));
  let turnsTaken = 0;
  for (; begun.length < 1; turnsTaken++) turns.over();
  // All of them have just come: the newcomer's place is behind each of them once, or better.
  t.true(turnsTaken <= 2 * greedy.length + 2, `${turnsTaken} turns`);
  // From now on they have had a turn, and who asks for one thing at a time comes first.
  t.true(turns.ask(-1, () => begun.push('second')));
  turnsTaken = 0;
  for (; begun.length < 2; turnsTaken++) turns.over();
  t.true(turnsTaken <= 2, `${turnsTaken} turns`);
});

test('one alone may have many waiting, but not all the places', (t) => {
  const turns = newTurns();
  let taken = 0;
  while (turns.ask(1, () => undefined)) taken += 1;
  t.is(taken, OPERATIONS_AT_ONCE_MAX + OPERATIONS_WAITING_MAX / 2);
  t.true(turns.ask(2, () => undefined));
});
