// Older nodes that a test plays itself, byte by byte, and nodes of ours in this process beside
// them: for everything that a good older node never does.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { NodeOptions } from '../../runtime/ground.ts';
import { readAddressIdentity } from '../../runtime/identity/address-identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { startNode } from '../../runtime/node.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { createReader } from '../../runtime/stream.ts';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import type { ClassicMessage, Ipv4Address } from '../../src/wire-types.ts';
import { HOST, olderSocket } from './interop-kit.ts';
import type { Shared } from './interop-kit.ts';

export function at(port: number): Ipv4Address {
  return { family: 4, ip: Uint8Array.of(127, 0, 0, 1), port };
}

export function idAt(port: number): Uint8Array {
  return createHash('sha256').update(`${HOST}:${port}`).digest();
}

export function pingOf(port: number): Uint8Array {
  return encodeClassic({ type: 'ping', id: idAt(port), from: at(port) });
}

export function putOf(
  key: Uint8Array,
  value: Uint8Array,
  { hops = 1, ttlS = 600 }: { readonly hops?: number; readonly ttlS?: number } = {},
): Uint8Array {
  return encodeClassic({ type: 'put', ttlS, replication: 2, hops, key, value });
}

/** An identity of the shared authority, by files that `certify` has made. */
export async function identityOf(shared: Shared, name: string, port: number): Promise<Identity> {
  return await readAddressIdentity(pathsOf(shared, name), { host: HOST, port });
}

export function pathsOf({ dir }: Shared, name: string) {
  const [certificate, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  return { certificate, key, authority: join(dir, 'ca.crt'), revoked: join(dir, 'list.crl') };
}

/** A node of ours in this process. */
export async function ourNode(
  t: ExecutionContext,
  shared: Shared,
  name: string,
  port: number,
  options: Partial<NodeOptions> = {},
): Promise<RunningNode> {
  const identity = options.identity ?? (await identityOf(shared, name, port));
  const dataDir = join(shared.dir, `data${port}`);
  const api = { host: HOST, port: 0 };
  const listen = { host: HOST, port };
  const node = await startNode({ listen, api, dataDir, identity, ...options });
  // A fault of ours in a node is a fault of the test, whenever it comes.
  node.ended.catch((error: unknown) => t.fail(String(error)));
  t.teardown(() => node.close());
  return node;
}

/** What a played node was told, and over which of its connections. */
export interface Heard {
  readonly message: ClassicMessage;
  /** Counted from 1. */
  readonly connection: number;
}

export interface Played {
  readonly port: number;
  readonly heard: readonly Heard[];
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export type Answer = (message: ClassicMessage, socket: TLSSocket) => void;

/** Listens as an older node does: TLS without ALPN, and a certificate that says nothing. */
export async function played(
  t: ExecutionContext,
  { dir }: Shared,
  name: string,
  port: number,
  answer: Answer,
): Promise<Played> {
  const [cert, key, ca] = await Promise.all(
    [`${name}.crt`, `${name}.key`, 'ca.crt'].map((file) => readFile(join(dir, file))),
  );
  const heard: Heard[] = [];
  const open = new Set<TLSSocket>();
  let connections = 0;
  const proof = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...proof, ciphers: ANY_KEY });
  server.on('secureConnection', (socket) => {
    connections += 1;
    const connection = connections;
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    const reader = createReader(decodeClassic);
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let next = reader.next(); next?.type === 'message'; next = reader.next()) {
        heard.push({ message: next.message, connection });
        answer(next.message, socket);
      }
    });
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      for (const socket of open) socket.destroy();
    }));
  t.teardown(close);
  return { port, heard, connections: () => connections, close };
}

/** What a good older node says; it keeps what it is given in `values`, by key in hex. */
export function goodAnswers(
  port: number,
  values = new Map<string, Uint8Array>(),
  known: readonly number[] = [],
): Answer {
  return (message, socket) => {
    switch (message.type) {
      case 'ping':
        socket.write(encodeClassic({ type: 'pong', id: message.id, from: at(port) }));
        break;
      case 'find-node':
        socket.write(encodeClassic({ type: 'node-reply', addresses: known.map(at) }));
        break;
      case 'find-value': {
        const value = values.get(hexOf(message.key));
        const found: ClassicMessage =
          value === undefined
            ? { type: 'node-reply', addresses: known.map(at) }
            : { type: 'success', key: message.key, value };
        socket.write(encodeClassic(found));
        break;
      }
      case 'put':
        values.set(hexOf(message.key), message.value.slice());
        break;
      default:
        break;
    }
  };
}

/** Makes a node known to one of ours as an older one that joins does: PING, and its PONG. */
export async function greets(
  t: ExecutionContext,
  shared: Shared,
  name: string,
  { from, to }: Greeting,
): Promise<void> {
  const answer = await askedOnce(t, shared, name, to, pingOf(from));
  t.is(answer?.type, 'pong');
}

/** Who greets, and whom, by their ports. */
export interface Greeting {
  readonly from: number;
  readonly to: number;
}

/**
 * Greets until it is as it should be: who is asked back and answers late, on a busy machine, is not
 * taken until it greets again.
 */
export async function greetsUntil(
  t: ExecutionContext,
  shared: Shared,
  greetings: readonly Greeting[],
  isKnown: () => boolean,
): Promise<void> {
  const untilMs = performance.now() + KNOWN_MS_MAX;
  while (!isKnown() && performance.now() < untilMs) {
    for (const greeting of greetings) await greets(t, shared, 'visitor', greeting);
    for (let looks = 0; looks < 10 && !isKnown(); looks++) await delay(GREET_EVERY_MS / 10);
  }
  t.true(isKnown(), 'whoever greets is known');
}

/** One question on a connection of its own; nothing when it ends without an answer. */
export async function askedOnce(
  t: ExecutionContext,
  shared: Shared,
  name: string,
  port: number,
  question: Uint8Array,
): Promise<ClassicMessage | undefined> {
  const socket = await olderSocket(t, shared, name, port);
  const answer = firstAnswer(socket);
  socket.write(question);
  const message = await answer;
  socket.destroy();
  return message;
}

export function firstAnswer(socket: TLSSocket): Promise<ClassicMessage | undefined> {
  const reader = createReader(decodeClassic);
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, ANSWER_MS, undefined);
    const end = (message?: ClassicMessage): void => {
      clearTimeout(limit);
      resolve(message);
    };
    socket.on('close', () => {
      end();
    });
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      const next = reader.next();
      if (next?.type === 'message') end(next.message);
    });
  });
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const ANSWER_MS = 8000;
const KNOWN_MS_MAX = 40_000;
const GREET_EVERY_MS = 500;
/** With keys of any size. */
export const ANY_KEY = 'DEFAULT@SECLEVEL=0';
