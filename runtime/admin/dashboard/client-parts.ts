/**
 * What a snapshot of the node says, put into the page: names, tiles, tables, lines; in the reader's
 * browser.
 *
 * Rule: see client-build.ts; these functions are sent to the page as text.
 */
import type { Leadership } from '../leadership.ts';
import type { RecentSeen } from '../recent.ts';
import type { SeenContact, Snapshot } from '../snapshot.ts';
import { bytesText, counted, draw, fillRows, grouped, make, msText } from './client-build.ts';
import { peerText, renew, say, spanText, the } from './client-build.ts';
import type { Page } from './client-dom.ts';
import { showRing } from './client-ring.ts';
import type { View } from './client-view.ts';

export function showAll(view: View, next: Snapshot): void {
  const { page } = view;
  if (view.snapshot !== undefined) noteChanges(view, view.snapshot, next);
  view.snapshot = next;
  showNames(page, next);
  showRate(page, 'reads', next.reads);
  showRate(page, 'writes', next.writes);
  showStore(page, next);
  showLeader(page, next.leadership);
  showTables(page, next);
  showLines(page, 'changes', view.changes);
  showLines(page, 'warnings', [...next.warnings].reverse());
  showRing(view);
}

export function showNames(page: Page, now: Snapshot): void {
  say(the(page, '#name'), `${now.id.slice(0, 8)} at ${now.listen}`);
  say(the(page, '#id'), now.id);
  const what = now.leaving
    ? 'leaving the network'
    : now.joined
      ? 'joined'
      : 'not joined: nobody was found so far';
  const facts = [
    what,
    counted(now.contacts, 'contact', 'contacts'),
    counted(now.linksUp, 'link', 'links'),
    now.api === undefined ? 'no clients served' : `clients on ${now.api}`,
    `up for ${spanText(now.upSeconds)}`,
    ...(now.clientOnly ? ['a client only: it holds nothing'] : []),
  ];
  say(the(page, '#facts'), facts.join(' · '));
}

export function showRate(page: Page, name: string, recent: RecentSeen): void {
  const { bySecond, failed } = recent;
  const last = bySecond.slice(-5);
  const rate = last.reduce((sum, count) => sum + count, 0) / last.length;
  const sum = bySecond.reduce((all, count) => all + count, 0);
  say(
    the(page, `#${name}-rate`),
    `${rate >= 100 ? grouped(Math.round(rate)) : rate.toFixed(1)} /s`,
  );
  for (const part of ['p50', 'p95', 'p99'] as const) {
    say(the(page, `#${name}-${part}`), recent[part] === undefined ? '–' : msText(recent[part]));
  }
  const ended = `${grouped(sum)} in the last minute, ${grouped(failed)} failed`;
  say(the(page, `#${name}-sum`), sum === 0 ? 'none in the last minute' : ended);
  const spark = the(page, `#${name}-spark`);
  spark.setAttribute('aria-label', `${grouped(sum)} ended in the last minute`);
  const most = Math.max(1, ...bySecond);
  const x = (index: number): string => ((180 * index) / (bySecond.length - 1)).toFixed(1);
  const y = (count: number): string => (30 - (27 * count) / most).toFixed(1);
  renew(spark, bySecond, () => {
    const line = bySecond.map((count, index) => `${x(index)} ${y(count)}`).join('L');
    return [
      draw(page, 'path', { class: 'area', d: `M0 32L${line}L180 32Z` }),
      draw(page, 'path', { class: 'line', d: `M${line}` }),
    ];
  });
}

export function showStore(page: Page, now: Snapshot): void {
  const { keys, bytes, keysMax, bytesMax } = now.records;
  say(the(page, '#keys'), counted(keys, 'key', 'keys'));
  say(the(page, '#keys-of'), `of ${grouped(keysMax)} keys${partText(keys, keysMax)}`);
  const bytesOf = `${bytesText(bytes)} of ${bytesText(bytesMax)}${partText(bytes, bytesMax)}`;
  say(the(page, '#bytes-of'), bytesOf);
  the(page, '#keys-bar').style.setProperty('width', `${(100 * keys) / keysMax}%`);
  the(page, '#bytes-bar').style.setProperty('width', `${(100 * bytes) / bytesMax}%`);
  const { fellows, missed, passedOver, published } = now.repair;
  const doubted = missed + passedOver;
  const calm = fellows === 0 ? 'nobody to check' : 'all answer';
  say(the(page, '#repair'), doubted === 0 ? calm : `${doubted} in doubt`);
  const how = doubted === 0 ? '' : `: ${missed} missed a call, ${passedOver} passed over`;
  say(the(page, '#fellows'), `${counted(fellows, 'fellow', 'fellows')} share records${how}`);
  say(
    the(page, '#published'),
    `${counted(published, 'record', 'records')} of its own to be republished`,
  );
  say(the(page, '#operations'), counted(now.operations, 'operation', 'operations'));
  say(the(page, '#calls'), `${counted(now.calls, 'call', 'calls')} without an answer yet`);
  say(the(page, '#clients'), `${counted(now.clients, 'client', 'clients')} connected`);
}

export function showLeader(page: Page, now: Leadership): void {
  const { role, term, leader, changedAt, version, voters, ballot } = now;
  const isElected = role !== 'none';
  const nobody = isElected ? 'nobody' : 'none known';
  say(the(page, '#leader'), role === 'leader' ? 'this node' : (leader?.peer ?? nobody));
  say(
    the(page, '#leader-at'),
    leader === undefined ? '' : `at ${leader.at ?? 'nobody knows where'}`,
  );
  const since = changedAt === undefined ? '' : ` since ${new Date(changedAt).toLocaleString()}`;
  const own = ballot === 'lost' ? 'its ballot is lost: it abstains' : `this node: ${role}${since}`;
  say(the(page, '#role'), isElected || ballot === 'lost' ? own : 'this node is no voter');
  const who = `${counted(voters.length, 'voter', 'voters')} of list ${version}`;
  say(the(page, '#term'), version > 0 ? `term ${grouped(term)}, ${who}` : '');
}

/** Nothing below a hundredth: the bar says so. */
export function partText(part: number, all: number): string {
  return part < all / 100 ? '' : ` (${Math.round((100 * part) / all)} %)`;
}

export function showTables(page: Page, now: Snapshot): void {
  const links = [...now.links].sort((a, b) => (a.at ?? a.peer).localeCompare(b.at ?? b.peer));
  fillRows(
    page,
    the(page, '#links'),
    links.map(({ peer, at, dialledByUs, roundTripMs, waitingBytes, upSeconds }) => [
      at ?? 'not known where',
      peer,
      dialledByUs ? 'this node' : 'the peer',
      msText(roundTripMs),
      bytesText(waitingBytes),
      spanText(upSeconds),
    ]),
    'No link is up.',
  );
  const linked = new Set(links.map(({ peer }) => peer));
  fillRows(
    page,
    the(page, '#contacts'),
    now.contactList.map(({ peer, at, bucket, isSuspect }) => [
      at ?? 'not known where',
      peer,
      String(bucket),
      isSuspect ? 'suspect' : linked.has(peer) ? 'has a link' : 'known',
    ]),
    'No contacts.',
  );
  const suspects = now.contactList.filter(({ isSuspect }) => isSuspect);
  fillRows(
    page,
    the(page, '#buckets'),
    now.contactsByBucket.map((contacts, bucket) => [
      String(bucket),
      bucket < 10 ? `1/${grouped(2 ** (bucket + 1))}` : `2^-${bucket + 1}`,
      grouped(contacts),
      String(suspects.filter((one) => one.bucket === bucket).length),
    ]),
    'No contacts.',
  );
}

export function showLines(page: Page, name: string, lines: readonly string[]): void {
  renew(the(page, `#${name}`), lines, () => lines.map((line) => make(page, 'li', {}, line)));
  the(page, `#no-${name}`).hidden = lines.length > 0;
}

/** The newest comes first; thirty are kept. */
export function noteChanges(view: View, before: Snapshot, after: Snapshot): void {
  const time = new Date().toTimeString().slice(0, 8);
  const note = (what: string): void => {
    view.changes.unshift(`${time}  ${what}`);
    view.changes.splice(30);
  };
  const nameOf = ({ peer, at }: { peer: string; at?: string | undefined }): string =>
    peerText({ name: peer, at });
  const byName = (list: readonly SeenContact[]): Map<string, SeenContact> =>
    new Map(list.map((contact) => [contact.peer, contact]));
  const [known, now] = [byName(before.contactList), byName(after.contactList)];
  for (const contact of after.contactList) {
    const earlier = known.get(contact.peer);
    if (earlier === undefined) note(`new contact ${nameOf(contact)}`);
    else if (contact.isSuspect && !earlier.isSuspect)
      note(`suspect: ${nameOf(contact)} missed a call`);
    else if (!contact.isSuspect && earlier.isSuspect) note(`${nameOf(contact)} answers again`);
  }
  for (const contact of before.contactList) {
    if (!now.has(contact.peer)) note(`contact gone: ${nameOf(contact)}`);
  }
  const leaderOf = ({ leadership: { leader } }: Snapshot): string =>
    leader === undefined ? 'nobody' : nameOf(leader);
  if (leaderOf(before) !== leaderOf(after)) note(`leader: ${leaderOf(after)}`);
  const names = (links: Snapshot['links']): Set<string> => new Set(links.map(({ peer }) => peer));
  const [linked, stillLinked] = [names(before.links), names(after.links)];
  for (const link of after.links) if (!linked.has(link.peer)) note(`link up: ${nameOf(link)}`);
  for (const link of before.links) {
    if (!stillLinked.has(link.peer)) note(`link ended: ${nameOf(link)}`);
  }
}
