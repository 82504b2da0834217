// The table of metrics in docs/operations.md is held to what a node gives: every name stands there,
// with the labels that were seen, and nothing else does; nor is any other named in the text.
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { ask } from './admin-kit.ts';
import { ANY_PORT, clientOf, networkOf, newKey, newSite, valueOf } from './node-kit.ts';

const DOCUMENT = new URL('../../../docs/operations.md', import.meta.url);

test('the table of metrics has those that a node gives, and no others', async (t) => {
  const [first] = await networkOf(t, await newSite(t), 2, () => ({ admin: ANY_PORT }));
  if (first === undefined) return t.fail();
  const client = await clientOf(t, first);
  await client.put(newKey(), valueOf(100), { replication: 2 });
  await client.get(newKey());
  const { body } = await ask(t, first, '/metrics');
  const types = new Map(
    [...body.matchAll(/^# TYPE orrery_(\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [
      name,
      type,
    ]),
  );
  t.true(types.size > 50);
  const document = await readFile(DOCUMENT, 'utf8');
  const rows = rowsOf(document);
  const names = rows.map(({ name }) => name);
  t.deepEqual(names.toSorted(), [...new Set([...types.keys()].map(groupOf))].toSorted());

  const shown = (name: string): readonly string[] => {
    const samples = body.matchAll(new RegExp(`^orrery_${name}(?:_count)?\\{(.*)\\} `, 'gm'));
    const labels = [...samples].flatMap(([, text = '']) => [...text.matchAll(/(\w+)="/g)]);
    return [...new Set(labels.map(([, label = '']) => label))].toSorted();
  };
  const labelled = rows.filter(({ name, labels }) => !name.endsWith('*') && labels.length > 0);
  // What has not happened to these nodes has no label yet.
  const seen = labelled.filter(({ name }) => shown(name).length > 0);
  t.deepEqual(
    seen.map(({ name }) => [name, shown(name)]),
    seen.map(({ name, labels }) => [name, labels]),
  );
  t.true(seen.length >= 4, seen.map(({ name }) => name).join());
  const bare = rows.filter(({ name, labels }) => !name.endsWith('*') && labels.length === 0);
  t.deepEqual(
    bare.filter(({ name }) => shown(name).length > 0),
    [],
  );
  const ofType = (isHistogram: boolean): readonly string[] =>
    isHistogram
      ? rows.filter((row) => row.isHistogram).map(({ name }) => name)
      : [...types]
          .filter(([name, type]) => type === 'histogram' && groupOf(name) === name)
          .map(([name]) => name);
  t.deepEqual(ofType(true), ofType(false));

  const named = [...document.matchAll(/\borrery_(\w+)/g)].map(([, name = '']) => name);
  const unknown = named.filter(
    (name) => !types.has(name) && !types.has(name.replace(/_(?:count|sum|bucket)$/, '')),
  );
  t.deepEqual(unknown, []);
});

interface Row {
  readonly name: string;
  readonly isHistogram: boolean;
  readonly labels: readonly string[];
}

/** What stands in the first column: `name`, or `name` (`label`, `label`). */
function rowsOf(document: string): readonly Row[] {
  const [, table = ''] = /^\| metric +\| what it is +\|\n((?:\|.*\n)+)/m.exec(document) ?? [];
  const cells = table.split('\n').map((line) => line.split('|')[1] ?? '');
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`([\w*]+)`(?: \(([^)]*)\))?/g)].map(([, name = '', more = '']) => ({
      name,
      isHistogram: more.startsWith('histogram'),
      labels: [...more.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).toSorted(),
    })),
  );
}

/** Those of Node and its process stand there as groups. */
function groupOf(name: string): string {
  return name.replace(/^(process|nodejs)_.*/, '$1_*');
}
