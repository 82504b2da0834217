// The house rules as tests: each reads the whole tree and fails with what to do instead. Beside
// every rule stands a planted source that breaks it and one that does not, so that a rule that
// stopped firing is seen. Import borders are dependency-cruiser's (npm run borders).
import { dirname, extname, join } from 'node:path';
import test from 'ava';
import { getFileInfo } from 'prettier';
import { checkFunctions, checkPureWords, checkSeeds } from './tidy/code-checks.ts';
import { checkTestSwitches } from './tidy/code-checks.ts';
import { show } from './tidy/finding.ts';
import type { Check } from './tidy/finding.ts';
import { NOTES_PATH, checkLibraries } from './tidy/library-checks.ts';
import { checkPaths } from './tidy/path-checks.ts';
import { checkHeader, checkLength, checkReminders, checkWidth } from './tidy/text-checks.ts';
import { isThere, readDocuments, readText, readTree, root } from './tidy/tree.ts';

type Rule = {
  readonly title: string;
  readonly check: Check;
  /** Path and text of sources that break the rule, one finding each. */
  readonly bad: readonly (readonly [string, string])[];
  readonly good: readonly (readonly [string, string])[];
};

const tree = readTree();
const line = (count: number): string => 'x();\n'.repeat(count);
const pure = (text: string): readonly [string, string] => ['src/a.ts', text];

const rules: readonly Rule[] = [
  {
    title: 'files have at most 300 lines',
    check: checkLength,
    bad: [['sim/a.ts', line(301)]],
    good: [['sim/a.ts', line(300)]],
  },
  {
    title: 'lines have at most 100 columns',
    check: checkWidth,
    bad: [['sim/a.ts', `// ${'é'.repeat(98)}`]],
    good: [
      ['sim/a.ts', `// ${'é'.repeat(97)}`],
      ['sim/a.ts', `// see https://example.org/${'a'.repeat(100)}`],
      ['sim/a.ts', `import { a } from './${'a'.repeat(100)}.ts';`],
      ['sim/a.ts', `const bytes = '${'0f'.repeat(60)}';`],
      ['sim/a.ts', `// ${'0f 1e '.repeat(20)}`],
    ],
  },
  {
    title: 'files begin with a header',
    check: checkHeader,
    bad: [
      ['runtime/a.ts', '// One line is not enough.\nexport const a = 1;\n'],
      ['reports/benchmarks/a.ts', "import { a } from './a.ts';\n"],
    ],
    good: [
      ['cli/a.ts', '#!/usr/bin/env node\n// What it is.\n// Its rule.\nexport const a = 1;\n'],
      ['host/a.ts', '/* What it is.\n * Its rule. */\nexport const a = 1;\n'],
      ['property-tests/a.ts', 'export const a = 1;\n'],
    ],
  },
  {
    title: 'no reminder is left open',
    check: checkReminders,
    bad: ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].map((word) => [
      'sim/a.ts',
      `// ${word} later`,
    ]),
    good: [['sim/a.ts', '// shackle, methodology']],
  },
  {
    title: 'functions have at most 60 lines',
    check: checkFunctions,
    bad: [
      ['sim/a.ts', `function f() {\n${line(59)}}\n`],
      ['sim/a.ts', `const f = () => {\n${line(59)}};\n`],
      ['sim/a.ts', `class A {\n  f() {\n${line(59)}  }\n}\n`],
    ],
    good: [['sim/a.ts', `function f() {\n${line(58)}}\n`]],
  },
  {
    title: 'src/ is pure and plain',
    check: checkPureWords,
    bad: [
      pure('export const a = Date.now();'),
      pure('export const a = Math.random();'),
      pure('export const a = async () => 1;'),
      pure('await a;'),
      pure('export type A = Promise<number>;'),
      pure('setTimeout(a, 1);'),
      pure('export const a = globalThis;'),
      pure('export type A = WeakRef<object>;'),
      pure('enum A { one }'),
      pure('export const a = (b: any) => b;'),
      pure('export const a = b!;'),
      pure('export default function f() {}'),
      pure('export default 1;'),
    ],
    good: [
      pure("// Date, await and any\nexport const a = 'async enum Promise';"),
      pure('export const a = (b: number) => { switch (b) { default: return !b; } };'),
      ['runtime/a.ts', 'export const a = async () => Date.now();'],
    ],
  },
  {
    title: 'every test runs',
    check: checkTestSwitches,
    bad: [
      ['property-tests/a.test.ts', "test.only('a', f);"],
      ['property-tests/a.test.ts', "test.serial.skip('a', f);"],
      ['property-tests/a.test.ts', "test.todo('a');"],
    ],
    good: [
      ['property-tests/a.test.ts', "test.serial('only', f); // test.skip\noptions.only();"],
      ['cli/a.ts', 'test.only;'],
    ],
  },
  {
    title: 'properties go by the seed of the suite',
    check: checkSeeds,
    bad: [
      ['property-tests/a.test.ts', "testProp('a', [b], f);"],
      ['property-tests/a.test.ts', "testProp('a', [b], f, { numRuns: 30 });"],
      ['property-tests/a.test.ts', 'await fc.assert(fc.property(b, f));'],
    ],
    good: [
      ['property-tests/a.test.ts', "testProp('a', [b], f, runs(100));"],
      ['property-tests/a.test.ts', 'fc.check(fc.property(b, f), runs(5));'],
    ],
  },
];

for (const rule of rules) {
  test(rule.title, (t) => {
    t.deepEqual(tree.flatMap(rule.check).map(show), []);
  });
  test(`the rule fires: ${rule.title}`, (t) => {
    for (const [path, text] of rule.bad) t.is(rule.check({ path, text }).length, 1, text);
    for (const [path, text] of rule.good) t.deepEqual(rule.check({ path, text }), [], text);
  });
}

test('every dependency is pinned and explained', (t) => {
  const findings = checkLibraries(readText('package.json'), readText(NOTES_PATH));
  t.deepEqual(findings.map(show), []);
});

test('the rule fires: every dependency is pinned and explained', (t) => {
  const manifest = JSON.stringify({
    dependencies: { a: '^1.0.0' },
    devDependencies: { b: '1.0.0' },
  });
  const messages = checkLibraries(manifest, '- `a`: why.\n- `gone`: why.\n').map(show);
  t.is(messages.length, 3);
  t.regex(messages[0] ?? '', /a is "\^1\.0\.0": pin/);
  t.regex(messages[1] ?? '', /b has no line/);
  t.regex(messages[2] ?? '', /gone is not in package\.json/);
});

test('documents name files that are there', (t) => {
  const findings = readDocuments().flatMap((document) => checkPaths(document, isThere));
  t.deepEqual(findings.map(show), []);
});

test('the rule fires: documents name files that are there', (t) => {
  const found = (text: string): readonly string[] =>
    checkPaths({ path: 'docs/a.md', text }, (path) => path === 'src/b.ts').map(show);
  t.deepEqual(
    found('`src/b`, `src/b.ts`, `src/*.ts`, `sim/NAME.ts`, `b`\n```\n`src/c`\n```\n'),
    [],
  );
  t.deepEqual(found('`src/b`\n```\n\n```\n`src/c.ts` and `src/b/`'), [
    'docs/a.md:5 src/c.ts is not there: name what is',
    'docs/a.md:5 src/b/ is not there: name what is',
  ]);
});

test('format is for what is ours, not for results', async (t) => {
  const ignorePath = ['.gitignore', '.prettierignore'].map((name) => join(root, name));
  const isPassedOver = async (path: string): Promise<boolean> =>
    (await getFileInfo(join(root, path), { ignorePath, resolveConfig: false })).ignored;
  const paths = [...tree, ...readDocuments()].map(({ path }) => path);
  const others = [
    'package.json',
    '.prettierrc.json',
    'scenarios/halves.yaml',
    'deploy/compose.yaml',
  ];
  // One of each folder and ending: to ask for all takes long.
  const ours = new Map([...paths, ...others].map((path) => [dirname(path) + extname(path), path]));
  for (const path of ours.values()) t.false(await isPassedOver(path), path);
  for (const path of ['out/a/report.html', 'any/cells/a.json', 'any.json', 'node-1/a.json']) {
    t.true(await isPassedOver(path), path);
  }
});

test('the tree is read from the root', (t) => {
  t.true(tree.some(({ path }) => path === 'property-tests/tidy.test.ts'));
  t.true(tree.some(({ path }) => path === 'eslint.config.mjs'));
  t.false(tree.some(({ path }) => path.startsWith('dist/') || path.includes('node_modules')));
});
