/** Every type code there is, as a client and as a peer, and what the node does about each. */
import { connect } from 'node:net';
import { Mint, RawLink, HELLO } from '../raw-link.ts';
import { frameOf } from './bad-frames.ts';
import { inLanes } from './lanes.ts';
import type { LinksOrder } from './links.ts';

export interface Codes {
  readonly tried: number;
  /** Codes that the node did not do with as docs/wire.md says. */
  readonly wrong: readonly string[];
}

interface CodesOrder extends LinksOrder {
  /** Of the codes that are none, one in so many is tried. */
  readonly every: number;
}

/** As a client: one connection for each code, for each that is none must close it in silence. */
export async function tryClientCodes({ to, every }: CodesOrder): Promise<Codes> {
  const codes = codesFrom(CLIENT_CODES, every);
  const wrong: string[] = [];
  await inLanes(codes.length, CLIENTS_AT_ONCE, async (number) => {
    const code = codes[number] ?? 0;
    // What is put finds no reader: all go at once, and a GET is to find nothing.
    const message = Buffer.alloc(SIZES[code] ?? 36, code === GET ? 2 : 1);
    message.writeUInt16BE(message.length, 0);
    message.writeUInt16BE(code, 2);
    const expected = ANSWERS[code] ?? 'closed';
    const answer = await answerTo(to, message, expected === SILENCE ? QUIET_MS : ANSWER_MS_MAX);
    if (answer !== expected) wrong.push(`${code} ${answer}`);
  });
  return { tried: codes.length, wrong };
}

/** @returns the code of the answer, or that none came in `ms`, or that the connection was closed */
function answerTo(to: CodesOrder['to'], message: Buffer, ms: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const end = (answer: string): void => {
      clearTimeout(late);
      resolve(answer);
      socket.destroy();
    };
    const late = setTimeout(end, ms, SILENCE);
    socket.on('connect', () => {
      socket.write(message);
    });
    socket.on('data', (bytes) => {
      end(`answered ${bytes.readUInt16BE(2)}`);
    });
    socket.on('error', () => {
      end('closed');
    });
    socket.on('close', () => {
      end('closed');
    });
  });
}

/** As a peer, after hello: a link for each code that must end it, one for all that must not. */
export async function tryPeerCodes({ to, authorityDir, every }: CodesOrder): Promise<Codes> {
  const mint = await Mint.open(authorityDir);
  const codes = codesFrom(PEER_CODES, every);
  const unknown = codes.filter((code) => UNKNOWN.includes(code));
  const others = codes.filter((code) => !UNKNOWN.includes(code));
  const wrong: string[] = [];
  const free = await Promise.all(Array.from({ length: LINKS_AT_ONCE }, () => mint.issue()));
  await inLanes(others.length, LINKS_AT_ONCE, async (number) => {
    const code = others[number] ?? 0;
    const credential = free.pop();
    if (credential === undefined) return;
    const link = new RawLink(to, credential);
    link.send(HELLO);
    const isUp = await link.up;
    // Without a body: some codes are whole like this, and answered or dropped.
    link.send(frameOf(code, Buffer.alloc(0)));
    const answer = isUp ? await fateOf(link, code) : 'no link';
    const expected = WHOLE.includes(code) ? 'lives' : 'malformed';
    if (answer !== expected) wrong.push(`${code} ${answer}`);
    link.socket.destroy();
    free.push(credential);
  });
  wrong.push(...(await tryUnknown(to, mint, unknown)));
  return { tried: codes.length, wrong };
}

/** @returns `lives` when a PING behind the frame is answered, else the last word */
async function fateOf(link: RawLink, code: number): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, ANSWER_MS_MAX, SILENCE));
  if (!WHOLE.includes(code)) return await Promise.race([link.ended, late]);
  const answered = new Promise<string>((resolve) => {
    link.socket.on('data', () => {
      resolve('lives');
    });
  });
  link.send(frameOf(662, Buffer.alloc(0), 99));
  return await Promise.race([answered, link.ended, late]);
}

/** Codes of a later version on one link: even ones are refused, odd ones skipped. */
async function tryUnknown(
  to: CodesOrder['to'],
  mint: Mint,
  codes: readonly number[],
): Promise<readonly string[]> {
  const heard = new Map<number, string>();
  const link = new RawLink(to, await mint.issue(), (message) => {
    if (message.type !== 'reply') return;
    const { body } = message;
    heard.set(message.call, body.type === 'refused' ? body.reason : body.type);
  });
  link.send(HELLO);
  await link.up;
  for (const code of codes) link.send(frameOf(code, Buffer.of(1, 2, 3), code));
  link.send(frameOf(662, Buffer.alloc(0), 1));
  for (let tries = 0; !heard.has(1) && tries < ANSWER_MS_MAX / 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  link.socket.destroy();
  return [1, ...codes].flatMap((code) => {
    const expected = code === 1 ? 'ok' : code % 2 === 0 ? 'invalid' : undefined;
    return heard.get(code) === expected ? [] : [`${code} ${heard.get(code) ?? SILENCE}`];
  });
}

/** Those near the ones that mean something, and of the rest one in so many. */
function codesFrom(near: readonly number[], every: number): readonly number[] {
  return Array.from({ length: 65_536 }, (_, code) => code).filter((code) => {
    return code % every === 0 || code === 65_535 || near.some((one) => Math.abs(one - code) <= 1);
  });
}

const SILENCE = 'no answer';
const GET = 651;
const CLIENT_CODES = [650, GET, 652, 653, 690, 691];
const ANSWERS: Readonly<Record<number, string>> = {
  650: SILENCE,
  651: 'answered 653',
  690: 'answered 691',
};
const SIZES: Readonly<Record<number, number>> = { 650: 41, 652: 37, 690: 41, 691: 47 };
const PEER_CODES = Array.from({ length: 40 }, (_, index) => 660 + index);
/** Codes of our range that mean nothing yet. */
const NONE_YET = [671, 681, 683, 685];
const UNKNOWN = PEER_CODES.filter((code) => code > 688 || NONE_YET.includes(code));
/** Frames without a body that are whole: PING, OK, LEAVE and INTRODUCE. */
const WHOLE = [662, 663, 670, 686];
const CLIENTS_AT_ONCE = 300;
const LINKS_AT_ONCE = 16;
/** After so long nothing more is expected; the 650 alone waits for this. */
const QUIET_MS = 3000;
/** A fault of the node, not of a busy machine on which raiders have the lowest place. */
const ANSWER_MS_MAX = 30_000;
