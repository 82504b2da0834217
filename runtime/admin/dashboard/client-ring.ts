/**
 * The ring of ids in the reader's browser: this node, its contacts where their positions are, an
 * arc for each bucket, a line for each link; and the way of the last look-up. Positions begin at
 * the top and grow clockwise; a bucket holds the ids that share so many leading bits with the own.
 *
 * Rule: see client-build.ts; these functions are sent to the page as text.
 */
import type { SeenContact, Snapshot } from '../snapshot.ts';
import { counted, draw, peerText, renew, the } from './client-build.ts';
import type { Page, PageElement } from './client-dom.ts';
import type { View } from './client-view.ts';

export function showRing({ page, snapshot, lookup }: View): void {
  if (snapshot === undefined) return;
  const svg = the(page, '#ring');
  const { position, contactList, contactsByBucket } = snapshot;
  const linked = new Set(snapshot.links.map(({ peer }) => peer));
  const asked = new Map<string, { readonly position: number; readonly numbers: number[] }>();
  lookup?.hops.forEach(({ peer }, index) => {
    const known = asked.get(peer.name);
    if (known === undefined)
      asked.set(peer.name, { position: peer.position, numbers: [index + 1] });
    else known.numbers.push(index + 1);
  });
  const shown = [position, contactList, [...linked], [...asked], lookup?.position];
  renew(svg, shown, () => {
    const suspects = contactList.filter(({ isSuspect }) => isSuspect).length;
    const summary =
      `This node and ${counted(contactList.length, 'contact', 'contacts')} in ` +
      `${counted(contactsByBucket.length, 'bucket', 'buckets')}, ` +
      counted(suspects, 'suspect', 'suspects');
    svg.setAttribute('aria-label', summary);
    return [
      draw(page, 'circle', { class: 'orbit', cx: 260, cy: 260, r: 190 }),
      ...bucketArcs(page, position, contactsByBucket),
      ...contactList
        .filter(({ peer }) => linked.has(peer))
        .map((one) => chord(page, position, one.position, 'link')),
      ...[...asked.values()].map((one) => chord(page, position, one.position, 'hop')),
      ...contactList.map((contact) => contactMark(page, contact, linked.has(contact.peer))),
      ...labels(page, snapshot, asked),
      selfMark(page, position),
      ...(lookup === undefined ? [] : [keyMark(page, lookup.position)]),
    ];
  });
}

export function pointAt(position: number, radius: number): Point {
  const angle = (2 * Math.PI * position) / 2 ** 32;
  return [260 + radius * Math.sin(angle), 260 - radius * Math.cos(angle)];
}

/** The ids of a bucket share its number of bits with the own one, and differ in the next. */
export function bucketArcs(
  page: Page,
  own: number,
  contacts: readonly number[],
): readonly PageElement[] {
  const count = Math.min(12, Math.max(contacts.length, 1));
  return Array.from({ length: count }, (_, bucket) => {
    const length = 2 ** (31 - bucket);
    const low = Math.floor(own / length);
    const from = (low % 2 === 0 ? low + 1 : low - 1) * length;
    const gap = Math.min(length / 8, 2 ** 32 / 300);
    const [[x1, y1], [x2, y2]] = [pointAt(from + gap, 208), pointAt(from + length - gap, 208)];
    const arc = draw(page, 'path', {
      class: bucket % 2 === 0 ? 'arc even' : 'arc odd',
      d: `M${x1.toFixed(1)} ${y1.toFixed(1)}A208 208 0 0 1 ${x2.toFixed(1)} ${y2.toFixed(1)}`,
    });
    const many = counted(contacts[bucket] ?? 0, 'contact', 'contacts');
    arc.append(draw(page, 'title', {}, `bucket ${bucket}: ${many}`));
    const group = draw(page, 'g', {}, arc);
    if (bucket > 4) return group;
    const [x, y] = pointAt(from + length / 2, 234);
    group.append(draw(page, 'text', { class: 'bucket', x, y: y + 4 }, String(bucket)));
    return group;
  });
}

/** From this node to another, bent towards the middle. */
export function chord(page: Page, from: number, to: number, kind: string): PageElement {
  const [[x1, y1], [x2, y2]] = [pointAt(from, 190), pointAt(to, 190)];
  const [x, y] = [260 + ((x1 + x2) / 2 - 260) * 0.35, 260 + ((y1 + y2) / 2 - 260) * 0.35];
  const all = [x1, y1, x, y, x2, y2].map((value) => value.toFixed(1));
  const d = `M${all.slice(0, 2).join(' ')}Q${all.slice(2).join(' ')}`;
  return draw(page, 'path', { class: `chord ${kind}`, d });
}

export function contactMark(page: Page, contact: SeenContact, isLinked: boolean): PageElement {
  const { position, peer, at, bucket, isSuspect } = contact;
  const [x, y] = pointAt(position, 190);
  const state = isSuspect ? 'suspect' : isLinked ? 'linked' : 'known';
  const words = isSuspect ? 'missed a call' : isLinked ? 'has a link' : 'no link now';
  const title = `${peerText({ name: peer, at })}: bucket ${bucket}, ${words}`;
  const group = draw(page, 'g', { class: `contact ${state}` }, draw(page, 'title', {}, title));
  group.append(draw(page, 'circle', { cx: x, cy: y, r: 7 }));
  // A cross beside the colour: suspects are told apart by shape.
  if (isSuspect) {
    const d = `M${x - 10} ${y - 10}L${x + 10} ${y + 10}M${x + 10} ${y - 10}L${x - 10} ${y + 10}`;
    group.append(draw(page, 'path', { d }));
  }
  return group;
}

export function selfMark(page: Page, position: number): PageElement {
  const [x, y] = pointAt(position, 190);
  return draw(
    page,
    'g',
    { class: 'self' },
    draw(page, 'title', {}, 'this node'),
    draw(page, 'circle', { cx: x, cy: y, r: 14 }),
    draw(page, 'circle', { class: 'core', cx: x, cy: y, r: 6 }),
  );
}

export function keyMark(page: Page, position: number): PageElement {
  const [x, y] = pointAt(position, 190);
  const d = `M${x} ${y - 11}L${x + 11} ${y}L${x} ${y + 11}L${x - 11} ${y}Z`;
  const title = draw(page, 'title', {}, 'the key that was looked up');
  return draw(page, 'g', { class: 'key' }, title, draw(page, 'path', { d }));
}

/** Numbers of those that were asked; and names, as long as they do not run into each other. */
export function labels(
  page: Page,
  snapshot: Snapshot,
  asked: ReadonlyMap<string, { readonly position: number; readonly numbers: readonly number[] }>,
): readonly PageElement[] {
  const host = snapshot.listen.replace(/:\d+$/, '');
  const nameOf = ({ peer, at }: SeenContact): string =>
    at === undefined ? peer : at.startsWith(`${host}:`) ? at.slice(host.length) : at;
  const texts = [
    ...[...asked.values()].map(({ position, numbers }) => ({
      kind: 'number',
      position,
      text: numbers.join(', '),
    })),
    ...snapshot.contactList
      .filter(({ peer }) => !asked.has(peer))
      .map((one) => ({ kind: 'name', position: one.position, text: nameOf(one) })),
  ];
  const placed: { readonly kind: string; readonly at: Point; readonly label: PageElement }[] = [];
  for (const { kind, position, text } of texts) {
    const at = pointAt(position, kind === 'number' ? 166 : 158);
    const near = placed.find(
      (one) => Math.abs(one.at[0] - at[0]) < 60 && Math.abs(one.at[1] - at[1]) < 15,
    );
    if (near === undefined) {
      const label = draw(page, 'text', { class: kind, x: at[0], y: at[1] + 4 }, text);
      placed.push({ kind, at, label });
    } else if (kind === 'number') near.label.append(`, ${text}`);
  }
  return placed.map(({ label }) => label);
}

type Point = readonly [number, number];
