/**
 * The page's own script: functions of this project, sent as their text, and one call that starts
 * them. There is no framework, no storage, and nothing is loaded but what the node says.
 *
 * Invariant: the text cannot end its script element early; its SHA-256 stands in the page's policy.
 */
import assert from 'node:assert/strict';
import * as build from './client-build.ts';
import * as live from './client-live.ts';
import * as lookup from './client-lookup.ts';
import * as parts from './client-parts.ts';
import * as ring from './client-ring.ts';

export function clientScript(): string {
  const functions = [build, live, lookup, parts, ring].flatMap((part) =>
    Object.values(part).map(String),
  );
  const call = 'start(document, window);';
  const text = `'use strict';\n(() => {\n${functions.join('\n')}\n${call}\n})();\n`;
  assert.ok(!/<\/script|<!--/i.test(text), 'the script must stay inside its element');
  return text;
}
