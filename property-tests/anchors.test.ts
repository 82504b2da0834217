// The walk in ARCHITECTURE.md names functions with the lines on which they stand; here the lines
// are held to the code. A failure says which line is right.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = new URL('../../', import.meta.url);
const anchor = /\[`(\w+)`\]\(([\w./-]+)#L(\d+)\)/g;

test('the anchors in ARCHITECTURE.md point at the functions that they name', async (t) => {
  const text = await readFile(new URL('ARCHITECTURE.md', root), 'utf8');
  const anchors = [...text.matchAll(anchor)];
  t.true(anchors.length >= 15, 'the walk of one GET has its anchors');
  const wrong: string[] = [];
  for (const [, name = '', file = '', line = ''] of anchors) {
    const lines = (await readFile(fileURLToPath(new URL(file, root)), 'utf8')).split('\n');
    const defines = new RegExp(
      `^(?:export )?(?:async )?function ${name}\\b|^  (?:async )?${name}\\(`,
    );
    const at = lines.findIndex((text) => defines.test(text)) + 1;
    if (at !== Number(line)) wrong.push(`${file}#L${line} should be #L${at} for ${name}`);
  }
  t.deepEqual(wrong, []);
});
