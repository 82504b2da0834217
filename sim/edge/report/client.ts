/**
 * The page's own script: functions of this project, sent as their text, and one call for each thing
 * they do. There is no framework, no storage and nothing is loaded.
 *
 * Invariant: the text cannot end its script element early; its SHA-256 stands in the page's policy.
 */

import assert from 'node:assert/strict';
import * as ladder from './client-ladder.ts';
import * as picker from './client-picker.ts';
import * as tips from './client-tips.ts';

export function clientScript(): string {
  const parts = [ladder, picker, tips].flatMap((part) => Object.values(part).map(String));
  const calls = 'startTips(document);startPicker(document, window);startMeasures(document);';
  const text = `'use strict';\n(() => {\n${parts.join('\n')}\n${calls}\n})();\n`;
  assert.ok(!/<\/script|<!--/i.test(text), 'the script must stay inside its element');
  return text;
}
