/**
 * `docs/wire.md` is the normative description; its examples are read here and checked both ways, so
 * that it can neither lie nor lag. A block is fenced as `hex PROTOCOL [HOW]`; comments follow `;`.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { bytesOfWords, rangeOf, wireSum } from '../../host/rounds.ts';
import { bits256Of, positionOfId } from '../../host/words.ts';
import { signedVoterBytes } from '../../runtime/election/voter-list.ts';
import { packPeers, peersIn } from '../../src/codec/address.ts';
import { idsIn, packIds } from '../../src/codec/election.ts';
import { endorsedBytes } from '../../src/codec/introducers.ts';
import { headerFor, signedBytes } from '../../src/codec/record.ts';
import { flat, isWithin, seedOf, sumOf, tagOf, traitsOf } from '../../src/state/tags.ts';
import type { Position } from '../../src/types.ts';
import type { Decoded, Ipv4Address, WireMessage, WirePeer } from '../../src/wire-types.ts';
import { EVERY_KIND, classic, client, kindOf, peer } from './codec-laws.ts';
import type { AnyMessage, Protocol } from './codec-laws.ts';

interface Example {
  readonly line: number;
  readonly protocol: string;
  readonly how: string;
  readonly bytes: Uint8Array;
  /** The JSON beside it; `undefined` when none follows. */
  readonly data: unknown;
}

const FENCE = /^```hex (\w+) ?(\w*)\n([^`]*)```\n(?:\n```json\n([^`]*)```)?/gm;
const text = readFileSync('docs/wire.md', 'utf8');
const examples = [...text.matchAll(FENCE)].map(exampleOf);
const whole = examples.filter(({ data }) => data !== undefined);

for (const { line, protocol, how, bytes, data } of whole) {
  const title = `docs/wire.md:${line}, ${nameOf(protocol, data)}`;
  test(`${title}: decodes as written`, (t) => {
    const decoded = decode(protocol, bytes);
    t.is(decoded.type, 'message');
    if (decoded.type !== 'message') return;
    t.is(decoded.bytes, bytes.length);
    t.deepEqual(plain(decoded.message), data);
  });
  test(`${title}: encodes as written`, (t) => {
    const encoded = encode(protocol, revived(data));
    if (how === 'skipped') t.true(encoded.length < bytes.length);
    else t.is(hex(encoded), hex(bytes));
  });
  test(`${title}: every cut of it is partial`, (t) => {
    for (let cut = 0; cut < bytes.length; cut++) {
      const decoded = decode(protocol, bytes.subarray(0, cut));
      t.is(decoded.type, 'partial', `cut at ${cut}`);
      if (decoded.type !== 'partial') return;
      t.true(decoded.bytes >= 1 && cut + decoded.bytes <= bytes.length);
    }
  });
}

for (const { line, protocol, how, bytes } of examples.filter(({ data }) => data === undefined)) {
  if (protocol === 'signed') continue;
  test(`docs/wire.md:${line}, ${protocol}: ${how}`, (t) => {
    const decoded = decode(protocol, bytes);
    t.true(decoded.type === how, decoded.type);
    if (decoded.type === 'unknown') t.is(decoded.call, 9);
  });
}

test('docs/wire.md has an example of every message', (t) => {
  const names = new Set(whole.map(({ protocol, data }) => nameOf(protocol, data)));
  t.deepEqual([...names].sort(), [...EVERY_KIND].sort());
  t.is(examples.length, [...text.matchAll(/^```hex/gm)].length);
});

test('docs/wire.md shows what a publisher signs, and a signature that holds', (t) => {
  const record = whole.map(({ data }) => revived(data)).find(isStore)?.body.record;
  const shown = examples.find(({ protocol, how }) => protocol === 'signed' && how === '');
  if (record === undefined || shown === undefined) return t.fail('an example is missing');
  const digest = new Uint8Array(createHash('sha256').update(record.value).digest());
  const signed = signedBytes(headerFor(record, digest));
  t.is(hex(signed), hex(shown.bytes));
  const privateKey = exampleKey();
  const publicKey = createPublicKey(privateKey);
  t.is(hex(sign(null, signed, privateKey)), hex(record.signature));
  t.true(verify(null, signed, publicKey, record.signature));
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  t.true(text.includes(`\`${raw.toString('hex')}\``));
});

test('docs/wire.md shows what an authority signs of a list of voters', (t) => {
  const messages = whole.map(({ data }) => revived(data) as AnyMessage);
  const bodies = messages.flatMap((message) => ('body' in message ? [message.body] : []));
  const beat = bodies.find(({ type }) => type === 'heartbeat');
  const shown = examples.find(({ protocol, how }) => protocol === 'signed' && how === 'voters');
  if (beat?.type !== 'heartbeat' || shown === undefined) return t.fail('an example is missing');
  const privateKey = exampleKey();
  const signed = signedVoterBytes(beat.voters, createPublicKey(privateKey));
  t.is(hex(signed), hex(shown.bytes));
  t.is(hex(sign(null, signed, privateKey)), hex(beat.voters.signature));
});

test('docs/wire.md shows what a leader signs of a list of introducers', (t) => {
  const messages = whole.map(({ data }) => revived(data) as AnyMessage);
  const bodies = messages.flatMap((message) => ('body' in message ? [message.body] : []));
  const told = bodies.find(({ type }) => type === 'announce');
  const shown = examples.find(
    ({ protocol, how }) => protocol === 'signed' && how === 'introducers',
  );
  if (told?.type !== 'announce' || shown === undefined) return t.fail('an example is missing');
  const signed = endorsedBytes(told.introducers);
  t.is(hex(signed), hex(shown.bytes));
  t.is(hex(sign(null, signed, exampleKey())), hex(told.introducers.signature));
});

test('docs/wire.md shows the tag of the record in STORE, and sums over it', (t) => {
  const messages = whole.map(({ data }) => revived(data) as AnyMessage);
  const bodies = messages.flatMap((message) => ('body' in message ? [message.body] : []));
  const record = bodies.find(({ type }) => type === 'store');
  const check = bodies.find(({ type }) => type === 'check');
  const sum = bodies.find(({ type }) => type === 'sum');
  const compare = bodies.find(({ type }) => type === 'compare');
  if (record?.type !== 'store' || compare?.type !== 'compare') return t.fail('one is missing');
  if (check?.type !== 'check' || sum?.type !== 'sum') return t.fail('one is missing');
  const { version, key, publisher } = record.record;
  const position = positionOfId(new Uint8Array(createHash('sha256').update(key).digest()));
  const named = {
    key: { raw: bits256Of(key), position },
    version,
    publisher: bits256Of(publisher),
  };
  const rest = { size: 1, replication: 1, ttlS: 1, publishedAtMs: 0, lifeMs: 1 };
  const traits = traitsOf({ ...named, ...rest });
  const [a, b] = ['A, which asks, has the', 'B, which answers,'].map(namedIn);
  if (a === undefined || b === undefined) return t.fail('the two nodes are not named');
  const tag = tagOf(traits, seedOf(compare.nonce | 0, a, b));
  t.is(hex(bytesOfWords(flat([tag]))), hex(compare.tags));
  t.deepEqual(wireSum(sumOf([traits], seedOf(check.nonce | 0, a, b))), check.sum);
  t.deepEqual(wireSum(sumOf([traits], seedOf(check.nonce | 0, b, a))), sum.sum);
  for (const { range } of [check, sum, compare]) t.true(isWithin(position, rangeOf(range)));
});

test('docs/wire.md shows the node id of an address in the classic dialect', (t) => {
  const messages = whole.map(({ data }) => revived(data) as AnyMessage);
  const pings = messages.flatMap((sent) => ('from' in sent && 'id' in sent ? [sent] : []));
  const ping = pings.find(({ type }) => type === 'ping');
  if (ping === undefined) return t.fail('an example is missing');
  const name = endpointOf(ping.from);
  const digest = createHash('sha256').update(name, 'ascii').digest('hex');
  t.is(digest, hex(ping.id));
  t.true(text.includes(`that of \`${name}\` is\n\`${digest}\``));
});

/** The position of the node that the document names with these words before its id. */
function namedIn(words: string): Position | undefined {
  const id = new RegExp(`${words}\\s+(?:node id )?\`([0-9a-f]{64})\``).exec(text)?.[1];
  return id === undefined ? undefined : positionOfId(Uint8Array.from(bytesOf(id)));
}

/** The key whose seed is the bytes 0 to 31. */
function exampleKey(): KeyObject {
  const seed = Uint8Array.from({ length: 32 }, (_, at) => at);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

function exampleOf(match: RegExpMatchArray): Example {
  const [, protocol = '', how = '', rows = '', json] = match;
  const digits = rows.replace(/;.*$/gm, '').replace(/\s+/g, '');
  return {
    line: text.slice(0, match.index).split('\n').length,
    protocol,
    how,
    bytes: new Uint8Array(Buffer.from(digits, 'hex')),
    data: json === undefined ? undefined : (JSON.parse(json) as unknown),
  };
}

function decode(protocol: string, bytes: Uint8Array): Decoded<AnyMessage> {
  return protocolOf(protocol).decode(bytes, 0, bytes.length);
}

function encode(protocol: string, message: unknown): Uint8Array {
  return protocolOf(protocol).encode(message as AnyMessage);
}

function protocolOf(name: string): Protocol {
  const found = [client, classic, peer].find((protocol) => protocol.name === name);
  if (found === undefined) throw new Error(`no protocol is called ${name}`);
  return found;
}

/** Bytes become hex, packed peers and ids lists, as in the document. */
function plain(data: unknown): unknown {
  if (data instanceof Uint8Array) return hex(data);
  if (Array.isArray(data)) return data.map(plain);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, field]: [string, unknown]) => [
      name,
      plain(partsOf(name, field)),
    ]),
  );
}

/** What travels packed, as a list. */
function partsOf(name: string, field: unknown): unknown {
  if (name === 'peers') return [...peersIn(field as Uint8Array)];
  return name === 'ids' ? idsIn({ ids: field as Uint8Array }) : field;
}

/** The reverse of `plain`: fields that hold bytes are known by their names. */
function revived(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(revived);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, field]: [string, unknown]) => [
      name,
      revivedField(name, field),
    ]),
  );
}

function revivedField(name: string, field: unknown): unknown {
  if (name === 'ids') return packIds((field as readonly string[]).map(bytesOf));
  if (name === 'peers') return packPeers(revived(field) as readonly WirePeer[]);
  return BYTE_FIELDS.has(name) && typeof field === 'string' ? bytesOf(field) : revived(field);
}

function endpointOf({ ip, port }: Ipv4Address): string {
  return `${[...ip].join('.')}:${port}`;
}

function bytesOf(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

function isStore(data: unknown): data is Extract<WireMessage, { type: 'request' }> & {
  readonly body: { readonly type: 'store' };
} {
  return nameOf('peer', data) === 'peer store';
}

function nameOf(protocol: string, data: unknown): string {
  return kindOf(protocolOf(protocol), data as AnyMessage);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const BYTE_FIELDS = new Set([
  ...['key', 'value', 'id', 'ip', 'target', 'publisher', 'certificate', 'signature'],
  ...['digest', 'from', 'tags', 'successor', 'leader'],
]);
