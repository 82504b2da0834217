/**
 * The certificate matrix: each case in both directions (a bad certificate that dials us, and one
 * that we dial) and on both families, over real sockets and with our own listener, dialler and
 * links. What must be refused is refused before any frame counts, and the log says why.
 */
import { rm } from 'node:fs/promises';
import test from 'ava';
import { requireOrSkip } from '../require.ts';
import { certificateCases } from './cases-certificates.ts';
import { keyAndIdCases } from './cases-keys.ts';
import { laterCases } from './cases-later.ts';
import { tlsCases } from './cases-tls.ts';
import { validCases } from './cases-valid.ts';
import { DIRECTIONS, FAMILIES, judge, layGround } from './matrix-kit.ts';
import type { Ground } from './matrix-kit.ts';
import { hasOpenssl } from './odd-certificates.ts';

const cases = [...validCases, ...certificateCases, ...keyAndIdCases, ...tlsCases, ...laterCases];

let ground: Ground;

test.before(async () => {
  ground = await layGround();
});

test.after.always(async () => {
  await rm(ground.dir, { recursive: true, force: true });
});

for (const one of cases) {
  const verdict = one.accepted === true ? 'accepted' : 'refused';
  // Those that wait for time to pass run beside one another, all others one by one.
  const run = one.slow === true ? test : test.serial;
  run(`${verdict}: ${one.title}`, async (t) => {
    if (!requireOrSkip(t, hasOpenssl, 'the openssl command')) return;
    const sides = DIRECTIONS.filter((direction) => 'plan' in one[direction]);
    t.is(await judge(t, ground, one), sides.length * FAMILIES.length);
  });
}

test('the matrix is as large as it should be', (t) => {
  const whole = cases.filter((one) => DIRECTIONS.every((direction) => 'plan' in one[direction]));
  const refused = whole.filter((one) => one.accepted !== true);
  t.true(refused.length >= CASES_MIN);
  t.log(`in both directions: ${refused.length} refused, ${whole.length - refused.length} accepted`);
  for (const { title, dialling, listening } of cases) {
    if ('why' in dialling) t.log(`not dialling, ${title}: ${dialling.why}`);
    if ('why' in listening) t.log(`not listening, ${title}: ${listening.why}`);
  }
});

const CASES_MIN = 32;
