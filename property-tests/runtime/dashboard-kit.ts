// What tests of the dashboard have in common: nodes with something to show, and waiting until a
// page shows it.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { NodeOptions } from '../../runtime/ground.ts';
import type { RunningNode } from '../../runtime/node.ts';
import { texts } from '../report/browser-kit.ts';
import type { BrowserPage } from '../report/browser-kit.ts';
import { ANY_PORT, clientOf, eventually, networkOf, newSite, valueOf } from './node-kit.ts';
import type { Site } from './node-kit.ts';

/** Waits until the page says something; fails the test when it does not in time. */
export async function says(
  t: ExecutionContext,
  page: BrowserPage,
  selector: string,
  pattern: RegExp,
): Promise<string> {
  const until = performance.now() + 15_000;
  for (;;) {
    const text = (await texts(page, selector)).join('\n');
    if (pattern.test(text)) return text;
    if (performance.now() > until)
      return t.fail(`${selector} says ${text}, not ${String(pattern)}`);
    await delay(50);
  }
}

export interface Scene {
  readonly site: Site;
  readonly nodes: readonly RunningNode[];
  readonly first: RunningNode;
}

/** Nodes that know one another, with ten values. */
export async function scene(
  t: ExecutionContext,
  count: number,
  options: Partial<NodeOptions> = {},
): Promise<Scene> {
  const site = await newSite(t);
  const nodes = await networkOf(t, site, count, () => ({ admin: ANY_PORT, ...options }));
  const [first] = nodes;
  if (first === undefined) return t.fail();
  const isKnown = (): boolean => nodes.every((node) => node.status().contacts === count - 1);
  await eventually(t, 'all know all', isKnown);
  const client = await clientOf(t, first);
  for (let i = 0; i < 10; i++) {
    const key = keyOf(i);
    await client.put(key, valueOf(1000), { replication: 3 });
    await client.get(key);
  }
  return { site, nodes, first };
}

/** Of `key N`, as `orrery get` hashes it. */
export function keyOf(index: number): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`key ${index}`).digest());
}
