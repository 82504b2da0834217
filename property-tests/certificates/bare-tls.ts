/**
 * A peer that speaks TLS 1.3 as it likes, as client and as server: it proves its certificate with
 * any key or with none, claims what was not agreed, stops anywhere. It verifies nothing.
 *
 * Rule: what `BareOptions` does not ask for is done as RFC 8446 says, so one with a good
 * certificate and nothing odd is accepted (the matrix has that case), and one with a single fault
 * is refused for that fault.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { alpnExtension, clientHello, EXTENSION, extension } from './bare-hellos.ts';
import { extensionList, SCHEMES, serverHello, sharedSecret } from './bare-hellos.ts';
import { Ended, lengthed, messageOf, RECORD, Records, Schedule } from './bare-records.ts';

export interface Proof {
  /** The signature scheme as it travels, such as 0x0807 for Ed25519. */
  readonly scheme: number;
  readonly signature: Buffer;
}

export interface BareOptions {
  /** In DER, the leaf first. */
  readonly chain: readonly Uint8Array[];
  /** Signs what proves the certificate; nothing leaves that message out. */
  readonly prove: ((content: Buffer) => Proof) | undefined;
  readonly alpn?: string | undefined;
  /** Further extensions of the hello. */
  readonly hello?: readonly Buffer[];
  /** Further extensions of a server that travel encrypted. */
  readonly encrypted?: readonly Buffer[];
  /** What a client sends as early data, under a key that nobody else has. */
  readonly early?: Buffer;
  /** A server that shows no certificate and asks for none, as if a session were resumed. */
  readonly anonymous?: boolean;
  /** Half of this message is sent, and no more; then it waits or hangs up. */
  readonly stops?: { readonly in: 'hello' | 'certificate'; readonly thenWaits: boolean };
  readonly wrongFinished?: boolean;
  /** The context that the signature is made for, when it is the other side's. */
  readonly provesAs?: 'server' | 'client';
  /** Awaited before anything that proves who this is. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** A message of the handshake behind its end, before all data. */
  readonly late?: { readonly type: number; readonly body: Buffer };
  /** Data, as soon as a peer may send any. */
  readonly data: Buffer;
}

/** @returns why it ended; `onData` gets the number of bytes of each piece of the other's data */
export async function talkAsClient(
  socket: Socket,
  options: BareOptions,
  onData: (bytes: number) => void,
): Promise<string> {
  const records = new Records(socket);
  return await untilEnd(async () => {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const hello = clientHello(publicKey, options.alpn, options.hello ?? []);
    sayOrStop(records, 'hello', TYPE.clientHello, hello, options);
    if (options.early !== undefined) sendEarly(socket, options.early);
    const answer = await records.hear(TYPE.serverHello);
    const schedule = new Schedule(records, sharedSecret(privateKey, answer, 'server'));
    const own = startOfEncryption(records, schedule, 'client');
    for (const type of [TYPE.encrypted, TYPE.request, TYPE.certificate, TYPE.verify]) {
      await records.hear(type);
    }
    await records.hear(TYPE.finished);
    const [toRead, toWrite] = [schedule.application('s'), schedule.application('c')];
    await options.pause?.();
    sayProof(records, schedule, options, 'client');
    sayFinished(records, schedule, own, options);
    records.readWith(toRead);
    records.writeWith(toWrite);
    sayData(records, options);
    await countData(records, onData);
  });
}

/** @returns why it ended; `onData` gets the number of bytes of each piece of the other's data */
export async function talkAsServer(
  socket: Socket,
  options: BareOptions,
  onData: (bytes: number) => void,
): Promise<string> {
  const records = new Records(socket);
  return await untilEnd(async () => {
    const asked = await records.hear(TYPE.clientHello);
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const hello = serverHello(publicKey, asked, options.hello ?? []);
    sayOrStop(records, 'hello', TYPE.serverHello, hello, options);
    const schedule = new Schedule(records, sharedSecret(privateKey, asked, 'client'));
    const own = startOfEncryption(records, schedule, 'server');
    const { alpn, encrypted = [], anonymous = false } = options;
    const agreed = [...(alpn === undefined ? [] : [alpnExtension(alpn)]), ...encrypted];
    records.say(TYPE.encrypted, extensionList(agreed));
    if (!anonymous) {
      const wanted = extensionList([extension(EXTENSION.algorithms, lengthed(2, SCHEMES))]);
      records.say(TYPE.request, Buffer.concat([Buffer.from([0]), wanted]));
      await options.pause?.();
      sayProof(records, schedule, options, 'server');
    }
    sayFinished(records, schedule, own, options);
    const [toRead, toWrite] = [schedule.application('c'), schedule.application('s')];
    records.writeWith(toWrite);
    // A server may send data before it knows who is there.
    sayData(records, options);
    for (const type of anonymous ? [] : [TYPE.certificate, TYPE.verify]) await records.hear(type);
    await records.hear(TYPE.finished);
    records.readWith(toRead);
    await countData(records, onData);
  });
}

/** From the hellos on; @returns the secret under which this side's handshake goes on */
function startOfEncryption(records: Records, schedule: Schedule, as: 'server' | 'client'): Buffer {
  const [server, client] = [schedule.handshake('s'), schedule.handshake('c')];
  const [own, other] = as === 'server' ? [server, client] : [client, server];
  records.readWith(other);
  records.writeWith(own);
  return own;
}

function sayProof(
  records: Records,
  schedule: Schedule,
  options: BareOptions,
  as: 'server' | 'client',
): void {
  const entries = options.chain.map((der) =>
    Buffer.concat([lengthed(3, Buffer.from(der)), extensionList([])]),
  );
  const body = Buffer.concat([Buffer.from([0]), lengthed(3, Buffer.concat(entries))]);
  sayOrStop(records, 'certificate', TYPE.certificate, body, options);
  if (options.prove === undefined) return;
  const { scheme, signature } = options.prove(schedule.signed(options.provesAs ?? as));
  const name = Buffer.alloc(2);
  name.writeUInt16BE(scheme);
  records.say(TYPE.verify, Buffer.concat([name, lengthed(2, signature)]));
}

function sayFinished(
  records: Records,
  schedule: Schedule,
  secret: Buffer,
  options: BareOptions,
): void {
  const right = schedule.finished(secret);
  records.say(TYPE.finished, options.wrongFinished === true ? randomBytes(right.length) : right);
}

function sayData(records: Records, { late, data }: BareOptions): void {
  if (late !== undefined) records.write(RECORD.handshake, messageOf(late.type, late.body));
  records.write(RECORD.data, data);
}

function sendEarly(socket: Socket, early: Buffer): void {
  const apart = new Records(new Socket());
  apart.writeWith(randomBytes(32));
  socket.write(apart.sealed(RECORD.data, early));
}

function sayOrStop(
  records: Records,
  what: 'hello' | 'certificate',
  type: number,
  body: Buffer,
  { stops }: BareOptions,
): void {
  if (stops?.in !== what) {
    records.say(type, body);
    return;
  }
  const record = records.sealed(RECORD.handshake, messageOf(type, body));
  records.socket.write(record.subarray(0, record.length / 2));
  if (!stops.thenWaits) records.socket.end();
  throw new Stopped();
}

/** Runs a conversation; one that stopped half-way waits for the other side to end it. */
async function untilEnd(talk: () => Promise<void>): Promise<string> {
  try {
    await talk();
    return 'never';
  } catch (error) {
    if (error instanceof Ended || error instanceof Stopped) return error.message;
    throw error;
  }
}

async function countData(records: Records, onData: (bytes: number) => void): Promise<void> {
  for (;;) {
    const { type, body } = await records.record();
    if (type === RECORD.data) onData(body.length);
  }
}

class Stopped extends Error {}

const TYPE = {
  clientHello: 1,
  serverHello: 2,
  encrypted: 8,
  certificate: 11,
  request: 13,
  verify: 15,
  finished: 20,
} as const;
