/**
 * Damage to valid frames, for laws of decoders: what a faulty or hostile sender makes of them.
 * Drawn from a number, so that a failure repeats.
 */

/** Flips, overwrites, cuts, lengthens or doubles, one to four times. */
export function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  let state = seed | 0;
  const draw = (below: number): number => {
    state = Math.imul(state ^ (state >>> 16), 0x45d9f3b) + 0x9e3779b1;
    return ((state ^ (state >>> 15)) >>> 0) % below;
  };
  let result: Uint8Array = bytes.slice();
  for (let times = draw(4); times >= 0; times--) {
    // Half of the damage goes to the first bytes: codes, lengths and counts stand there.
    const at = draw(2) === 0 ? draw(Math.min(16, result.length + 1)) : draw(result.length + 1);
    const kind = draw(6);
    if (kind === 0) result[at] = (result[at] ?? 0) ^ (1 << draw(8));
    else if (kind === 1) result[at] = draw(256);
    else if (kind === 2) result[at] = [0, 1, 0x7f, 0x80, 0xff][draw(5)] ?? 0;
    else if (kind === 3) result = result.slice(0, at);
    else if (kind === 4) result = joined(result, result.subarray(at));
    else result = joined(result.subarray(0, at), result.subarray(draw(result.length + 1)));
  }
  return result;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
