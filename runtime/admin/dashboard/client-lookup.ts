/**
 * Looking a key up from the page, and the way that the look-up took, in the reader's browser.
 *
 * Rule: see client-build.ts; these functions are sent to the page as text.
 */
import type { LookupSeen, SeenHop } from '../lookups.ts';
import { bytesText, counted, fillRows, make, msText } from './client-build.ts';
import { peerText, renew, say, spanText, the } from './client-build.ts';
import { showRing } from './client-ring.ts';
import type { View } from './client-view.ts';

export function startLookup(view: View): void {
  const { page } = view;
  const [go, key] = [the(page, '#go'), the(page, '#key')];
  const run = async (): Promise<void> => {
    go.disabled = true;
    say(the(page, '#outcome'), 'Asking …');
    try {
      view.lookup = await lookUp(view, key.value);
      showLookup(view, view.lookup);
    } catch (error) {
      view.lookup = undefined;
      the(page, '#way').hidden = true;
      say(the(page, '#outcome'), error instanceof Error ? error.message : String(error));
    }
    go.disabled = false;
    showRing(view);
  };
  the(page, '#lookup').addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
}

export async function lookUp({ window }: View, key: string): Promise<LookupSeen> {
  const question = /^[0-9a-f]{64}$/i.test(key.trim()) ? { hex: key.trim() } : { text: key };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(question);
  const answer = await window.fetch('/lookup', { method: 'POST', headers, body }).catch(() => {
    throw new Error('The node does not answer.');
  });
  if (!answer.ok) throw new Error(`The node refused: ${(await answer.text()).trim()}.`);
  return (await answer.json()) as LookupSeen;
}

export function showLookup({ page }: View, seen: LookupSeen): void {
  say(the(page, '#outcome'), outcomeText(seen));
  say(the(page, '#record'), recordText(seen));
  the(page, '#way').hidden = false;
  const body = the(page, '#hops');
  const rows = seen.hops.map((hop, index) => [
    String(index + 1),
    hop.peer.at ?? hop.peer.name,
    namerText(seen, hop),
    String(hop.peer.sharedBits),
    hop.asked,
    answerText(seen, hop),
    '',
  ]);
  fillRows(page, body, rows, 'Nobody was asked.');
  const longest = Math.max(seen.tookMs, ...seen.hops.map((hop) => hop.sentMs + (hop.tookMs ?? 0)));
  seen.hops.forEach((hop, index) => {
    const cell = body.children[index]?.children[6];
    if (cell === undefined) return;
    renew(cell, [hop, longest], () => {
      const bar = make(page, 'i', { class: hop.end === undefined ? 'open' : 'done' });
      const tookMs = hop.tookMs ?? longest - hop.sentMs;
      bar.style.setProperty('margin-left', `${(100 * hop.sentMs) / longest}%`);
      bar.style.setProperty('width', `${(100 * tookMs) / longest}%`);
      const text = hop.tookMs === undefined ? '' : msText(hop.tookMs);
      return [make(page, 'span', { class: 'track' }, bar), text];
    });
  });
}

export function outcomeText({ outcome, failure, holder, hops, tookMs }: LookupSeen): string {
  const how = `${counted(hops.length, 'request', 'requests')}, ${msText(tookMs)}`;
  if (outcome === 'absent') return `Not found: nobody who should have it holds it (${how}).`;
  if (outcome !== 'found' || holder === undefined) return `Failed: ${failure ?? outcome} (${how}).`;
  const where = holder.isSelf ? 'here, at this node' : `at ${peerText(holder)}`;
  return `Found ${where} (${how}).`;
}

export function recordText({ record, key }: LookupSeen): string {
  if (record === undefined) return `Key ${key}`;
  const { bytes, version, publisher, replication, ttlS, leftS } = record;
  return [
    `Key ${key}`,
    bytesText(bytes),
    `version ${version}`,
    `published by ${publisher}`,
    counted(replication, 'replica wanted', 'replicas wanted'),
    `${spanText(leftS)} of ${spanText(ttlS)} left`,
  ].join(' · ');
}

/** Whoever named it was asked before. */
export function namerText({ hops }: LookupSeen, { namedBy }: SeenHop): string {
  const namer = hops.find(({ peer }) => peer.name === namedBy)?.peer;
  return namedBy === undefined ? 'own table' : (namer?.at ?? namedBy);
}

export function answerText({ record }: LookupSeen, hop: SeenHop): string {
  const { end, version = 0, named, refusal, isLate } = hop;
  const others = named === 0 ? '' : `named ${named}`;
  const holds = version === record?.version ? 'holds it' : `holds version ${version}`;
  const texts: Readonly<Record<string, string>> = {
    peers: others === '' ? 'named nobody' : others,
    version: others === '' ? holds : `${holds}, ${others}`,
    value: 'sent the value',
    ok: 'stored it',
    refused: `refused: ${refusal ?? ''}`,
  };
  const text = end === undefined ? 'not waited for' : (texts[end] ?? end);
  return isLate && end !== 'no answer' ? `${text} (late)` : text;
}
