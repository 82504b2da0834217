/**
 * The certificate matrix: peers with a good certificate whose TLS is not the one we speak, or who
 * do not end what they began.
 */
import type { ConnectionOptions, SecureVersion, TlsOptions } from 'node:tls';
import { EXTENSION, extension, oldServerHello, sessionOffer } from './bare-hellos.ts';
import { RECORD, Records } from './bare-records.ts';
import type { BareOptions } from './bare-tls.ts';
import { both, goodMaterial, manners, materialOf } from './case-kit.ts';
import { careless } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';
import type { Case, Side, World } from './matrix-kit.ts';
import { leafExtensions, rsaKey, signOdd } from './odd-certificates.ts';
import { FRAMES, socketStranger, stackStranger } from './strangers.ts';

/** A peer on Node's stack with these options besides. */
function stack(
  says: RegExp,
  changes: TlsOptions & ConnectionOptions,
  make: (world: World) => Promise<Material> = goodMaterial,
): Side {
  return {
    says,
    plan: async (world) => {
      const { ALPNProtocols: _left, ...rest } = careless(await make(world));
      const options = { ...rest, ...changes };
      return { stranger: stackStranger(() => options) };
    },
  };
}

const NO_CERTIFICATE = { cert: undefined, key: undefined };
const ORRERY = { ALPNProtocols: ['orrery/1'] };

const HELLO_REQUEST = 0;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;

const protocols: readonly Case[] = [
  {
    title: 'without a certificate',
    dialling: stack(/PEER_DID_NOT_RETURN_A_CERTIFICATE/, { ...ORRERY, ...NO_CERTIFICATE }),
    listening: stack(/HANDSHAKE_FAILURE/, { ...ORRERY, ...NO_CERTIFICATE }),
  },
  {
    title: 'without a protocol name',
    dialling: stack(/does not speak/, {}),
    listening: stack(/does not speak/, {}),
  },
  {
    title: 'with another protocol name',
    dialling: stack(/NO_APPLICATION_PROTOCOL/, { ALPNProtocols: ['h2'] }),
    listening: stack(/NO_APPLICATION_PROTOCOL/, { ALPNProtocols: ['h2'] }),
  },
  {
    title: 'with a later protocol name',
    dialling: manners(/NO_APPLICATION_PROTOCOL/, { alpn: 'orrery/2' }),
    // It chooses what was not offered.
    listening: manners(/BAD_EXTENSION/, { alpn: 'orrery/2' }),
  },
  ...(['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const).map(oldVersion),
  both('in plain text', /WRONG_VERSION_NUMBER/, async () => {
    const stranger = socketStranger((socket, _as, hear) => {
      socket.on('data', (bytes) => {
        // An alert is no frame.
        if (bytes[0] !== RECORD.alert && bytes[0] !== RECORD.handshake) hear(bytes.length);
      });
      socket.write(FRAMES);
    });
    return await Promise.resolve({ stranger });
  }),
];

/** A client that knows no later version, and a server that takes it whatever is offered. */
function oldVersion(version: SecureVersion, index: number): Case {
  const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
  return {
    title: `on ${version}`,
    dialling: stack(/UNSUPPORTED_PROTOCOL/, { ...ORRERY, ...old }, async ({ site }) => {
      const key = rsaKey(2048);
      const request = { extensions: leafExtensions(), key };
      return await signOdd(site.dir, materialOf(site.authority), request);
    }),
    listening: {
      says: /UNSUPPORTED_PROTOCOL/,
      plan: async () => {
        const stranger = socketStranger((socket) => {
          const records = new Records(socket);
          void (async () => {
            const asked = await records.hear(CLIENT_HELLO);
            records.say(SERVER_HELLO, oldServerHello(index + 1, asked));
          })();
        });
        return await Promise.resolve({ stranger });
      },
    },
  };
}

const conversations: readonly Case[] = [
  {
    title: 'with a session that was never given, and without a certificate',
    dialling: manners(/PEER_DID_NOT_RETURN_A_CERTIFICATE/, {
      chain: [],
      prove: undefined,
      hello: sessionOffer(false),
    }),
    listening: { why: 'our dialler offers no session, which another case shows' },
  },
  {
    title: 'with early data, and without a certificate',
    dialling: manners(/PEER_DID_NOT_RETURN_A_CERTIFICATE/, {
      chain: [],
      prove: undefined,
      hello: sessionOffer(true),
      early: FRAMES,
    }),
    listening: manners(/UNSOLICITED_EXTENSION/, {
      encrypted: [extension(EXTENSION.earlyData, Buffer.alloc(0))],
    }),
  },
  {
    title: 'with early data, which counts for nothing, and a good certificate',
    accepted: true,
    dialling: manners(/^/, { hello: sessionOffer(true), early: FRAMES }),
    listening: { why: 'only a client sends early data' },
  },
  {
    title: 'that shows no certificate and asks for none',
    dialling: { why: 'for a client this is the case without a certificate' },
    listening: manners(/UNEXPECTED_MESSAGE/, { anonymous: true }),
  },
  {
    title: 'that begins another handshake inside the first',
    dialling: late(CLIENT_HELLO, Buffer.alloc(38)),
    listening: late(HELLO_REQUEST, Buffer.alloc(0)),
  },
];

function late(type: number, body: Buffer): Side {
  return { ...manners(/UNEXPECTED_MESSAGE/, { late: { type, body } }), isLate: true };
}

const cuts: readonly Case[] = [
  cut('that hangs up in its hello', { in: 'hello', thenWaits: false }),
  cut('that hangs up in its certificate', { in: 'certificate', thenWaits: false }),
  cut('that falls silent in its hello', { in: 'hello', thenWaits: true }),
  cut('that falls silent in its certificate', { in: 'certificate', thenWaits: true }),
];

function cut(title: string, stops: NonNullable<BareOptions['stops']>): Case {
  if (!stops.thenWaits) {
    const side = manners(/ECONNRESET/, { stops });
    return { title, dialling: side, listening: { ...side, isSilence: true } };
  }
  const side = manners(/HANDSHAKE_TIMEOUT|no handshake in time/, { stops });
  return { title, slow: true, dialling: side, listening: { ...side, isOnce: true } };
}

export const tlsCases = [...protocols, ...conversations, ...cuts];
