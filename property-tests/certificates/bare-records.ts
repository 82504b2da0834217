/**
 * The record layer and the key schedule of TLS 1.3 (RFC 8446, sections 5 and 7), as far as a peer
 * needs them who breaks the rules above them: one cipher suite, TLS_AES_128_GCM_SHA256.
 *
 * Written out because no TLS library signs with a key that is not its certificate's, leaves out a
 * message or claims what was not agreed. Invariant: what is read is one message of the handshake,
 * one piece of application data, or the end and why it came.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import type { Socket } from 'node:net';

export const RECORD = { cipher: 20, alert: 21, handshake: 22, data: 23 } as const;

/** The other side ended the conversation: an alert, or the end of the connection. */
export class Ended extends Error {}

export interface Message {
  readonly type: number;
  readonly body: Buffer;
}

interface Keys {
  readonly key: Buffer;
  readonly iv: Buffer;
  sequence: bigint;
}

/** Both directions of one connection, with the transcript of its handshake. */
export class Records {
  readonly socket: Socket;
  readonly transcript: Buffer[] = [];
  #in: Keys | undefined;
  #out: Keys | undefined;
  #raw = Buffer.alloc(0);
  #handshake = Buffer.alloc(0);
  #ended: string | undefined;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', (error) => {
      this.#end(error.message);
    });
    socket.on('close', () => {
      this.#end('closed');
    });
    socket.on('end', () => {
      this.#end('closed');
    });
    socket.on('data', (chunk: Buffer) => {
      this.#raw = Buffer.concat([this.#raw, chunk]);
      this.#wake();
    });
  }

  readWith(secret: Buffer): void {
    this.#in = keysOf(secret);
  }

  writeWith(secret: Buffer): void {
    this.#out = keysOf(secret);
  }

  /** Writes one message of the handshake, which becomes part of the transcript. */
  say(type: number, body: Buffer): void {
    const message = messageOf(type, body);
    this.transcript.push(message);
    this.write(RECORD.handshake, message);
  }

  write(type: number, content: Buffer): void {
    this.socket.write(this.sealed(type, content));
  }

  /** One record as it travels. */
  sealed(type: number, content: Buffer): Buffer {
    if (this.#out === undefined) {
      return Buffer.concat([Buffer.from([type, 3, 3]), lengthed(2, content)]);
    }
    const inner = Buffer.concat([content, Buffer.from([type])]);
    const header = Buffer.from([RECORD.data, 3, 3, 0, 0]);
    header.writeUInt16BE(inner.length + TAG, 3);
    const cipher = createCipheriv('aes-128-gcm', this.#out.key, nonceOf(this.#out));
    cipher.setAAD(header);
    const sealed = Buffer.concat([cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
    return Buffer.concat([header, sealed]);
  }

  /** The next message of the handshake, which must be of this type; part of the transcript. */
  async hear(type: number): Promise<Buffer> {
    while (this.#handshake.length < 4 || this.#handshake.length < sizeOf(this.#handshake)) {
      const record = await this.record();
      if (record.type !== RECORD.handshake) throw new Error(`record ${record.type} in a handshake`);
      this.#handshake = Buffer.concat([this.#handshake, record.body]);
    }
    const size = sizeOf(this.#handshake);
    const message = this.#handshake.subarray(0, size);
    this.#handshake = this.#handshake.subarray(size);
    this.transcript.push(message);
    if (message[0] !== type) throw new Error(`message ${message[0]} instead of ${type}`);
    return message.subarray(4);
  }

  /** @throws Ended at an alert and at the end of the connection */
  async record(): Promise<Message> {
    for (;;) {
      while (this.#raw.length < 5 || this.#raw.length < 5 + this.#raw.readUInt16BE(3)) {
        if (this.#ended !== undefined) throw new Ended(this.#ended);
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      const end = 5 + this.#raw.readUInt16BE(3);
      const record = this.#raw.subarray(0, end);
      this.#raw = this.#raw.subarray(end);
      const opened = this.#open(record);
      if (opened.type === RECORD.cipher) continue;
      if (opened.type === RECORD.alert) throw new Ended(`alert ${opened.body[1] ?? 0}`);
      return opened;
    }
  }

  #open(record: Buffer): Message {
    const [type = 0] = record;
    const keys = this.#in;
    if (type !== RECORD.data || keys === undefined) return { type, body: record.subarray(5) };
    const cipher = createDecipheriv('aes-128-gcm', keys.key, nonceOf(keys));
    cipher.setAAD(record.subarray(0, 5));
    cipher.setAuthTag(record.subarray(record.length - TAG));
    const sealed = record.subarray(5, record.length - TAG);
    const inner = Buffer.concat([cipher.update(sealed), cipher.final()]);
    const at = inner.findLastIndex((byte) => byte !== 0);
    return { type: inner[at] ?? 0, body: inner.subarray(0, at) };
  }

  #end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }
}

/** The secrets of one connection, each when the messages that it hangs on have passed. */
export class Schedule {
  readonly #records: Records;
  readonly #handshake: Buffer;

  constructor(records: Records, shared: Buffer) {
    this.#records = records;
    const early = extract(Buffer.alloc(HASH), Buffer.alloc(HASH));
    this.#handshake = extract(derived(early), shared);
  }

  /** For the messages after the hellos of both sides. */
  handshake(side: Side): Buffer {
    return expand(this.#handshake, `${side} hs traffic`, this.#soFar());
  }

  /** For data; asked when the server's `finished` has passed and nothing later. */
  application(side: Side): Buffer {
    const main = extract(derived(this.#handshake), Buffer.alloc(HASH));
    return expand(main, `${side} ap traffic`, this.#soFar());
  }

  /** The body of a `finished` under the handshake secret of its sender. */
  finished(secret: Buffer): Buffer {
    const key = expand(secret, 'finished', Buffer.alloc(0));
    return createHmac('sha256', key).update(this.#soFar()).digest();
  }

  /** What a `certificate verify` signs. */
  signed(signer: 'server' | 'client'): Buffer {
    const context = `TLS 1.3, ${signer} CertificateVerify`;
    return Buffer.concat([Buffer.alloc(64, 0x20), Buffer.from(`${context}\0`), this.#soFar()]);
  }

  #soFar(): Buffer {
    return digest(Buffer.concat(this.#records.transcript));
  }
}

type Side = 'c' | 's';

export function messageOf(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), lengthed(3, body)]);
}

/** Bytes behind their length, which has so many bytes. */
export function lengthed(bytes: number, content: Buffer): Buffer {
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([length, content]);
}

function keysOf(secret: Buffer): Keys {
  const none = Buffer.alloc(0);
  return { key: expand(secret, 'key', none, 16), iv: expand(secret, 'iv', none, 12), sequence: 0n };
}

function nonceOf(keys: Keys): Buffer {
  const nonce = Buffer.from(keys.iv);
  nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ keys.sequence, 4);
  keys.sequence += 1n;
  return nonce;
}

function extract(salt: Buffer, input: Buffer): Buffer {
  return createHmac('sha256', salt).update(input).digest();
}

function derived(secret: Buffer): Buffer {
  return expand(secret, 'derived', digest(Buffer.alloc(0)));
}

/** HKDF-Expand-Label; one block of output is enough for all that is asked here. */
function expand(secret: Buffer, label: string, context: Buffer, size = HASH): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(size);
  const name = lengthed(1, Buffer.from(`tls13 ${label}`));
  const info = Buffer.concat([length, name, lengthed(1, context), Buffer.from([1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, size);
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function sizeOf(message: Buffer): number {
  return 4 + message.readUIntBE(1, 3);
}

const HASH = 32;
const TAG = 16;
