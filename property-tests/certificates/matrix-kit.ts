/**
 * The judge of the certificate matrix: one stranger meets our listener, our dialler and our links,
 * with nothing of ours replaced, and the verdict is read from what they count, hand on and log.
 *
 * Invariant: a stranger is refused when no link came up, no frame was handed to the core, the
 * stranger heard no frame, its connection was ended, and our log says why; it is accepted when a
 * link came up and its request was handed on.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { lockAuthority } from '../../runtime/identity/authority.ts';
import type { Authority } from '../../runtime/identity/authority.ts';
import { identityPaths, readIdentity } from '../../runtime/identity/identity.ts';
import type { Identity } from '../../runtime/identity/identity.ts';
import { copyPublicFiles } from '../../runtime/identity/issuance.ts';
import { reachableAt } from '../../runtime/links/address.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import { encodePeer } from '../../src/codec/peer.ts';
import { endAt } from '../runtime/link-kit.ts';
import type { End } from '../runtime/link-kit.ts';
import { eventually } from '../runtime/node-kit.ts';
import type { Site } from '../runtime/node-kit.ts';
import { newAuthority, newIdentity } from './identity-kit.ts';
import type { Stranger, Visit } from './strangers.ts';

/** Where one meeting takes place: an authority that all share, and a directory of its own. */
export interface World {
  readonly t: ExecutionContext;
  readonly site: Site;
  readonly host: string;
  /** The data directory of our node, which all share as well. */
  readonly ours: string;
}

/** What all meetings share, since it takes longer to make than a meeting. */
export interface Ground {
  readonly dir: string;
  readonly authority: Authority;
}

export interface Plan {
  readonly stranger: Stranger;
  /** What happened before, with our node up; what was counted and logged until then is left out. */
  readonly before?: (ours: End) => Promise<void>;
  /** What our node goes by, when it is not the newest that the authority has. */
  readonly identity?: Identity;
  /** The id that we expect there when we dial; without it any will do. */
  readonly expected?: Uint8Array;
}

export interface Side {
  /** Its fault comes when it has proved its id, so it may have heard our hello. */
  readonly isLate?: true;
  /** What it is about comes once, so we dial once. */
  readonly isOnce?: true;
  /** Nobody is there as far as our dialler can see: of a peer it knows it makes a note only. */
  readonly isSilence?: true;
  /** What our log says: `message: reason`. */
  readonly says: RegExp;
  readonly plan: (world: World) => Promise<Plan>;
}

/** Why a case has no meaning in one direction; it does not count there. */
export interface Meaningless {
  readonly why: string;
}

export interface Case {
  readonly title: string;
  readonly accepted?: true;
  /** It waits for time to pass. */
  readonly slow?: true;
  /** A bad certificate at the dialling side, against our listener. */
  readonly dialling: Side | Meaningless;
  /** A bad certificate at the listening side, against our dialler. */
  readonly listening: Side | Meaningless;
}

export const FAMILIES = ['127.0.0.1', '::1'] as const;
export const DIRECTIONS = ['dialling', 'listening'] as const;

export async function layGround(): Promise<Ground> {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-matrix-'));
  const authority = await newAuthority(join(dir, 'authority'));
  await newIdentity(authority, join(dir, OURS));
  return { dir, authority };
}

/** All meetings of a case; @returns how many there were */
export async function judge(t: ExecutionContext, ground: Ground, one: Case): Promise<number> {
  const meetings = DIRECTIONS.flatMap((direction) => {
    const side = one[direction];
    if ('why' in side) return [];
    return FAMILIES.map(async (host) => {
      const site = { dir: join(ground.dir, randomUUID()), authority: ground.authority };
      await mkdir(site.dir);
      const world = { t, host, site, ours: join(ground.dir, OURS) };
      await meet(world, side, direction, one.accepted === true);
    });
  });
  // All of them end before the test does, whatever becomes of one.
  const ends = await Promise.allSettled(meetings);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return meetings.length;
}

/** The identity of our node with the newest revocation list. */
export async function ownIdentity({ site, ours }: World): Promise<Identity> {
  await lockAuthority(site.authority.dir, async () => {
    await copyPublicFiles(site.authority, ours);
  });
  return await readIdentity(identityPaths(ours));
}

async function meet(
  world: World,
  side: Side,
  direction: (typeof DIRECTIONS)[number],
  accepted: boolean,
): Promise<void> {
  const { t, site, host } = world;
  const lines: Line[] = [];
  const plan = await side.plan(world);
  const identity = plan.identity ?? (await ownIdentity(world));
  const log = noting(lines);
  const ours = await endAt(t, site, OURS, { identity, log, listen: { host, port: 0 } });
  await plan.before?.(ours);
  lines.length = 0;
  const counts = (): typeof before => ({ ...ours.links.counts, frames: ours.frames.length });
  const before = { ...ours.links.counts, frames: ours.frames.length };
  const where = `${direction}, ${host}`;
  const meeting: Meeting = { world, side, plan, ours, lines, where };
  const met = direction === 'dialling' ? visited(meeting, accepted) : dialled(meeting, accepted);
  const visit = await met;
  if (accepted) {
    await eventually(t, `accepted: ${where}: ${said(lines)}`, () => {
      return counts().linksUp === before.linksUp + 1 && counts().frames === before.frames + 1;
    });
    await eventually(t, `heard: ${where}`, () => visit.heard() > 0);
  } else {
    await eventually(t, `turned away: ${where}: ${said(lines)}`, () => visit.open() === 0);
    if (side.isLate !== true) t.is(visit.heard(), 0, where);
    t.deepEqual(counts(), before, where);
  }
  ours.links.close();
}

/** The stranger dials us. */
async function visited(meeting: Meeting, accepted: boolean): Promise<Visit> {
  const { world, plan, ours } = meeting;
  const visit = plan.stranger.dial(world.t, ours.listen);
  await eventually(world.t, 'it has come', () => visit.begun() > 0);
  if (!accepted) await saysWhy(meeting, 'told');
  return visit;
}

/** We dial the stranger: as an introducer, and as the peer whose address this is said to be. */
async function dialled(meeting: Meeting, accepted: boolean): Promise<Visit> {
  const { world, side, plan, ours, lines } = meeting;
  const served = await plan.stranger.serve(world.t, world.host);
  if (plan.expected === undefined) {
    const found = await ours.links.introduce([served.listen]);
    world.t.is(found !== undefined, accepted, `${meeting.where}: ${said(lines)}`);
    if (accepted) return served;
    await saysWhy(meeting, 'told');
  }
  if (side.isOnce === true) return served;
  lines.length = 0;
  const peer = ours.peerOf({ identity: { nodeId: plan.expected ?? ODD_ID } });
  // What it said itself on an earlier visit gives way to what is said of it.
  ours.book.doubt(peer, 0);
  ours.book.hear(peer, reachableAt(served.listen));
  const ping = encodePeer({ type: 'request', call: CALL, body: { type: 'ping' } });
  ours.links.request(peer, CALL, ping);
  await eventually(world.t, 'the request is given up', () => ours.unreachable.includes(CALL));
  await saysWhy(meeting, side.isSilence === true ? 'noted' : 'told');
  return served;
}

async function saysWhy({ world, side, lines, where }: Meeting, how: Line['how']): Promise<void> {
  await eventually(world.t, `says why: ${where}: ${said(lines)}`, () =>
    lines.some(
      (line) =>
        ((line.how === 'told' || how === 'noted') && side.says.test(line.text)) ||
        SLOW.test(line.text),
    ),
  );
}

interface Meeting {
  readonly world: World;
  readonly side: Side;
  readonly plan: Plan;
  readonly ours: End;
  readonly lines: Line[];
  readonly where: string;
}

interface Line {
  /** Told to whoever runs the node as it comes, or noted for those who ask for more. */
  readonly how: 'told' | 'noted';
  readonly text: string;
}

function said(lines: readonly Line[]): string {
  return lines.map(({ text }) => text).join('; ');
}

function noting(lines: Line[]): Log {
  const note =
    (how: Line['how']) =>
    (fields: LogFields, message: string): void => {
      lines.push({ how, text: `${message}: ${String(fields['reason'] ?? '')}` });
    };
  const tell = note('told');
  return { debug: note('noted'), info: tell, warn: tell, error: tell };
}

const OURS = 'ours';
const CALL = 5;
/** The id in certificates of `oddMaterial` and `leafExtensions`. */
const ODD_ID = Uint8Array.from(Buffer.alloc(32, 0x5e));

/** Refused as well, by a machine that has so much else to do that the time ran out first. */
const SLOW = /no handshake in time/;
