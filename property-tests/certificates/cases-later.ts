/**
 * The certificate matrix: peers that were accepted once and are no longer, whose session is still
 * there to be resumed; and one that is revoked while it shakes hands.
 *
 * A client keeps the sessions that our listener gave it; a server gives our dialler tickets and
 * would resume them. Neither may lead past the judgement of the certificate.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { End } from '../runtime/link-kit.ts';
import { eventually } from '../runtime/node-kit.ts';
import { EXTENSION, extension } from './bare-hellos.ts';
import { goodMaterial, manners, pemOfIdentity, revoke } from './case-kit.ts';
import { careless, newIdentity, oddMaterial } from './identity-kit.ts';
import type { Material } from './identity-kit.ts';
import { ownIdentity } from './matrix-kit.ts';
import type { Case, Plan, Side, World } from './matrix-kit.ts';
import { bareStranger, bareWith, stackStranger } from './strangers.ts';
import type { Served } from './strangers.ts';

/** A certificate that is good for a first visit, and what puts an end to that. */
interface Fading {
  readonly first: Material;
  readonly fade: (ours: End) => Promise<void>;
  /** What a client shows with the saved session; the same without it. */
  readonly again?: Partial<Material>;
}

/** A client that comes again with the session of its first visit. */
function comesAgain(says: RegExp, make: (world: World) => Promise<Fading>): Side {
  const plan = async (world: World): Promise<Plan> => {
    const { t } = world;
    const { first, fade, again = first } = await make(world);
    const sessions: Buffer[] = [];
    const before = async (ours: End): Promise<void> => {
      const options = careless(first);
      const guest = stackStranger(
        () => options,
        (session) => sessions.push(session),
      );
      const visit = guest.dial(t, ours.listen);
      await eventually(t, 'the first visit', () => visit.heard() > 0 && sessions.length > 0);
      visit.end();
      await eventually(t, 'the end of it', () => ours.links.counts.linksUp === 0);
      await fade(ours);
    };
    const stranger = stackStranger(() => {
      const session = sessions.at(-1);
      return { ...careless(again), ...(session === undefined ? {} : { session }) };
    });
    return { stranger, before };
  };
  return { says, plan };
}

/** A server that our dialler calls again. */
function isCalledAgain(says: RegExp, make: (world: World) => Promise<Fading>): Side {
  const plan = async (world: World): Promise<Plan> => {
    const { t, host } = world;
    const { first, fade } = await make(world);
    const options = careless(first);
    const callee = stackStranger(() => options);
    const held: { served?: Served; heard: number } = { heard: 0 };
    const before = async (ours: End): Promise<void> => {
      const served = await callee.serve(t, host);
      t.truthy(await ours.links.introduce([served.listen]));
      await eventually(t, 'the first visit', () => served.heard() > 0);
      served.end();
      await eventually(t, 'the end of it', () => ours.links.counts.linksUp === 0);
      await fade(ours);
      Object.assign(held, { served, heard: served.heard() });
    };
    const serve = async (): Promise<Served> => {
      const served = held.served ?? t.fail();
      return await Promise.resolve({ ...served, heard: () => served.heard() - held.heard });
    };
    return { stranger: { ...callee, serve }, before };
  };
  return { says, plan };
}

async function expiring({ site }: World): Promise<Fading> {
  const notAfterMs = Date.now() + SHORT_MS;
  const first = await oddMaterial(site.authority, { notAfterMs });
  const fade = async (): Promise<void> => {
    await delay(notAfterMs + 1000 - Date.now());
  };
  return { first, fade };
}

async function revoked(world: World): Promise<Fading> {
  const { site } = world;
  const subject = await newIdentity(site.authority, join(site.dir, 'subject'));
  const fade = async (ours: End): Promise<void> => {
    await revoke(world, subject.nodeIdHex);
    ours.live.replace(await ownIdentity(world));
  };
  return { first: pemOfIdentity(subject), fade };
}

async function undressed(world: World): Promise<Fading> {
  return { first: await goodMaterial(world), fade: async () => await Promise.resolve(), again: {} };
}

/** Revoked when the handshake has begun, and before it shows its certificate. */
async function inTheMiddle(world: World): Promise<Plan> {
  const { first, fade } = await revoked(world);
  const met: { ours?: End } = {};
  const pause = async (): Promise<void> => {
    await fade(met.ours ?? world.t.fail());
  };
  const options = { ...bareWith(first), pause };
  const before = async (ours: End): Promise<void> => {
    met.ours = ours;
    await Promise.resolve();
  };
  return { stranger: bareStranger(() => options), before };
}

export const laterCases: readonly Case[] = [
  {
    title: 'with a session of a certificate that has expired since',
    slow: true,
    dialling: comesAgain(/CERT_HAS_EXPIRED/, expiring),
    listening: isCalledAgain(/CERT_HAS_EXPIRED/, expiring),
  },
  {
    title: 'with a session of a certificate that was revoked since',
    dialling: comesAgain(/CERT_REVOKED/, revoked),
    listening: isCalledAgain(/CERT_REVOKED/, revoked),
  },
  {
    title: 'with a session, and without a certificate',
    dialling: comesAgain(/PEER_DID_NOT_RETURN_A_CERTIFICATE/, undressed),
    // It says that it resumes one, which our dialler has never offered.
    listening: manners(/UNSOLICITED_EXTENSION/, {
      anonymous: true,
      hello: [extension(EXTENSION.preSharedKey, Buffer.from([0, 0]))],
    }),
  },
  {
    title: 'revoked while it shakes hands',
    dialling: { says: /it is revoked/, plan: inTheMiddle },
    listening: { says: /it is revoked/, plan: inTheMiddle, isOnce: true },
  },
];

/** Time for a first visit on a machine with much to do. */
const SHORT_MS = 20_000;
