// The protocol alone: two cores driven by hand, without sockets, clock or chance. This program is
// their host: it delivers messages, signs and stores at once, and plays time.
// Run it: node examples/core.mjs
import { contactCount, create, defaultConfig, limits, step } from 'orrery/core';

/** @typedef {import('orrery/core').Input} Input */

// The directory: peer 0 and peer 1, eight words of id each, on no subnet.
const directory = { words: new Int32Array(2 * limits.ID_WORDS), places: new Int32Array(2) };
directory.words.set([1, 2, 3, 4, 5, 6, 7, 8], 0);
directory.words.set([-9, -8, -7, -6, -5, -4, -3, -2], limits.ID_WORDS);

let now = 1_000;
const moment = () => ({ now, wall: 1_700_000_000_000 + now, entropy: (now * 0x9e3779b1) | 0 });
const nothing = { records: [], peers: [] };
const states = [0, 1].map((peer) => create(peer, defaultConfig, moment(), nothing));
/** @type {{ to: number, input: Input }[]} */
const queue = [];

/** @param {number} self @param {Input} input */
function happen(self, input) {
  const before = states[self];
  if (before === undefined) throw new Error(`no peer ${self}`);
  const { state, effects } = step(before, moment(), input, directory);
  states[self] = state;
  for (const effect of effects) perform(self, effect);
}

/** @param {number} self @param {import('orrery/core').Effect} effect */
function perform(self, effect) {
  switch (effect.type) {
    case 'send':
      queue.push({
        to: effect.to,
        input: { type: 'message', from: self, message: effect.message },
      });
      break;
    case 'persist': // a host writes to its disk first
      queue.push({ to: self, input: { type: 'persisted', token: effect.token, ok: true } });
      break;
    case 'sign': // a host signs with the key of its certificate
      queue.push({ to: self, input: signed(effect, self) });
      break;
    case 'introduce': // a host dials the address behind this number
      queue.push({
        to: self,
        input: { type: 'introduced', introducer: effect.introducer, peer: 0 },
      });
      break;
    case 'settle':
      console.log(`peer ${self}: operation ${effect.op} ended ${effect.outcome.type}`);
      break;
    case 'note':
      console.log(`peer ${self}: ${effect.note.type}`);
  }
}

/**
 * @param {Extract<import('orrery/core').Effect, { type: 'sign' }>} effect
 * @param {number} self
 * @returns {Input}
 */
function signed({ token, body }, self) {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0, b7 = 0] = directory.words.slice(
    self * limits.ID_WORDS,
  );
  const publisher = { b0, b1, b2, b3, b4, b5, b6, b7 };
  return { type: 'signed', token, record: { ...body, publisher, lifeMs: body.ttlS * 1000 } };
}

/** Time passes until nobody has anything to say, ten ms for each message. */
function settle() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    now += 10;
    happen(next.to, next.input);
  }
}

/** A key is 256 bits; its position the last 160 bits of their SHA-256, here made up. */
const key = {
  raw: { b0: 1, b1: 0, b2: 0, b3: 0, b4: 0, b5: 0, b6: 0, b7: 0 },
  position: { w0: 77, w1: 0, w2: 0, w3: 0, w4: 0 },
};

happen(1, { type: 'command', op: 1, command: { type: 'join', introducers: 1, peers: [] } });
settle();
const put = /** @type {const} */ ({ type: 'put', key, size: 5, replication: 0, ttlS: 600 });
happen(1, { type: 'command', op: 2, command: put });
settle();
happen(0, { type: 'command', op: 1, command: { type: 'get', key } });
settle();

for (const { self, table, store, wakeAt } of states) {
  const records = `${contactCount(table)} contact, ${store.size} record`;
  console.log(`peer ${self}: ${records}, wants to be woken at ${wakeAt} ms`);
}
