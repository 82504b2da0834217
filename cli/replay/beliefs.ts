/**
 * What a node believed at an instant of its recording: as data for `--json`, and as text.
 */
import { allItems } from '../../src/paged.ts';
import type { NodeState } from '../../src/step.ts';
import { bucketCount, bucketEnd, bucketStart, contactAt, isHeard } from '../../src/table/table.ts';
import { contactCount } from '../../src/table/table.ts';
import { tableOf } from '../output.ts';
import { Namer } from './lines.ts';
import { shortlistRows, shortlistsText } from './shortlists.ts';
import type { TapePoint } from './tape.ts';

export const TOPICS = ['table', 'lookups', 'shortlists', 'calls', 'records', 'fellows'] as const;
export type Topic = (typeof TOPICS)[number];

/** The rows of a topic, the head first. */
function rowsOf(topic: Topic, point: TapePoint): readonly (readonly string[])[] {
  const { state } = point;
  const { now } = point.moment;
  const names = new Namer(point);
  switch (topic) {
    case 'table':
      return tableRows(state, names);
    case 'lookups':
      return lookupRows(state, now, names);
    case 'shortlists':
      return shortlistRows(state, names);
    case 'calls':
      return callRows(state, now, names);
    case 'records':
      return recordRows(state, now, names);
    case 'fellows':
      return fellowRows(state, now, names);
  }
}

/** One topic as text, with how many there are. */
export function topicText(topic: Topic, point: TapePoint): string {
  if (topic === 'shortlists') return shortlistsText(point.state, new Namer(point));
  const rows = rowsOf(topic, point);
  const title = `${topic}: ${rows.length - 1}`;
  return rows.length === 1 ? title : `${title}\n${indented(tableOf(rows))}`;
}

/** All topics with their rows as objects. */
export function beliefsOf(
  point: TapePoint,
): Readonly<Record<Topic, readonly Readonly<Record<string, string>>[]>> {
  const objects = (topic: Topic): readonly Readonly<Record<string, string>>[] => {
    const [head = [], ...rows] = rowsOf(topic, point);
    return rows.map((row) =>
      Object.fromEntries(row.map((cell, i): [string, string] => [head[i] ?? '', cell])),
    );
  };
  return {
    table: objects('table'),
    lookups: objects('lookups'),
    shortlists: objects('shortlists'),
    calls: objects('calls'),
    records: objects('records'),
    fellows: objects('fellows'),
  };
}

function tableRows({ table, suspects }: NodeState, names: Namer): string[][] {
  const rows = [['bucket', 'contact', 'state']];
  for (let bucket = 0; bucket < bucketCount(table); bucket++) {
    const end = bucketEnd(table, bucket);
    for (let slot = bucketStart(table, bucket); slot < end; slot++) {
      const peer = contactAt(table, slot);
      const heard = isHeard(table, slot) ? 'heard lately' : '';
      rows.push([`${bucket}`, names.peer(peer), suspects.includes(peer) ? 'suspected' : heard]);
    }
  }
  return rows;
}

function lookupRows({ operations }: NodeState, now: number, names: Namer): string[][] {
  const rows = [['operation', 'kind', 'about', 'ends in']];
  for (const operation of allItems(operations)) {
    const { op, type, deadlineAt } = operation;
    let about = '';
    if ('key' in operation) about = names.key(operation.key);
    else if ('record' in operation && operation.record !== undefined) {
      about = names.key(operation.record.key);
    } else if ('lookup' in operation && operation.lookup !== undefined) {
      about = names.position(operation.lookup.target);
    }
    rows.push([`${op}`, type, about, untilText(deadlineAt - now)]);
  }
  return rows;
}

function callRows({ calls }: NodeState, now: number, names: Namer): string[][] {
  const rows = [['call', 'kind', 'to', 'for operation', 'sent', 'ends in']];
  for (const { call, kind, peer, op, sentAt, deadlineAt, late } of allItems(calls)) {
    const sent = `${now - sentAt} ms ago${late ? ', late' : ''}`;
    rows.push([`${call}`, kind, names.peer(peer), `${op}`, sent, untilText(deadlineAt - now)]);
  }
  return rows;
}

function recordRows({ store, self }: NodeState, now: number, names: Namer): string[][] {
  const rows = [['key', 'version', 'bytes', 'life left', 'on disk', 'group', 'known to hold it']];
  for (const { header, expiresAt, token, group, known } of allItems(store)) {
    const knowing = group.filter((peer, at) => peer === self || (known & (1 << at)) !== 0);
    rows.push([
      names.key(header.key),
      `${header.version}`,
      `${header.size}`,
      untilText(expiresAt - now),
      token === 0 ? 'yes' : 'under way',
      names.peers(group),
      names.peers(knowing),
    ]);
  }
  return rows;
}

function fellowRows({ fellows }: NodeState, now: number, names: Namer): string[][] {
  const rows = [['fellow', 'next round in', 'state']];
  for (const { peer, checkAt, missed, shunnedUntil } of allItems(fellows)) {
    const state = shunnedUntil > now ? 'passed over' : missed ? 'missed a call' : '';
    rows.push([names.peer(peer), untilText(checkAt - now), state]);
  }
  return rows;
}

/** How many of each there are, in one line. */
export function countsText({ table, calls, operations, store, fellows }: NodeState): string {
  const counts = [
    `${contactCount(table)} contacts`,
    `${operations.size} operations`,
    `${calls.size} calls open`,
    `${store.size} records`,
    `${fellows.size} fellows`,
  ];
  return counts.join(', ');
}

function untilText(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'never';
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
