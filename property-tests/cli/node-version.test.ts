// An old Node is refused in one clear line, whichever way it comes in: real processes that are told
// another version, and the syntax of what they read before they look at it.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import ts from 'typescript';
import { isOneLine } from './cli-kit.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('every way in refuses an old Node with one line and exit code 2', async (t) => {
  const ways = await waysIn();
  t.deepEqual([...ways], ['cli/orrery.mjs', 'cli/ready.mjs']);
  for (const way of ways) {
    for (const version of ['12.22.12', '18.20.8', '20.18.9']) {
      const { code, stdout, stderr } = await runAs(version, way);
      t.is(code, 2, `${way} as ${version}`);
      t.is(stdout, '');
      t.true(isOneLine(stderr), stderr);
      t.true(stderr.startsWith('orrery needs Node 20.19 or newer'), stderr);
      t.true(stderr.includes(`this is Node ${version}: install a newer Node`), stderr);
    }
  }
  for (const version of ['20.19.0', '22.0.0', '100.1.0']) {
    t.like(await runAs(version, 'cli/orrery.mjs', '--version'), { code: 0, stderr: '' });
  }
});

test('what is read before that is plain enough for an old Node', async (t) => {
  for (const way of await waysIn()) {
    const files = [way];
    for (const file of files) {
      const text = await readFile(join(ROOT, file), 'utf8');
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
      t.deepEqual(tooNewIn(source), [], file);
      for (const name of importsOf(source)) {
        if (name.startsWith('node:')) continue;
        t.regex(name, /^\.\/.*\.mjs$/, `${file} imports ${name}`);
        files.push(join(dirname(file), name));
      }
    }
    t.true(files.includes(join('cli', 'node-version.mjs')), way);
  }
  t.true(tooNewIn(ts.createSourceFile('a', 'a?.b; a ??= 1', 99, true)).length > 0);
});

/** The files that Node is given by the commands of package.json that a stranger starts with. */
async function waysIn(): Promise<ReadonlySet<string>> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
    readonly scripts: Readonly<Record<string, string>>;
  };
  const { bin, scripts } = manifest;
  const commands = ['start', 'build', 'test', 'test:deep'].map((name) => scripts[name] ?? '');
  const files = commands.map((command) => /^node (\S+)/.exec(command)?.[1] ?? command);
  return new Set([...Object.values(bin), ...files]);
}

async function runAs(version: string, file: string, ...args: string[]): Promise<Ended> {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const told = `Object.defineProperty(process, 'versions', { value: ${versions} })`;
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(told)}`];
  return await new Promise((resolve) => {
    execFile(process.execPath, [...flags, join(ROOT, file), ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function importsOf(source: ts.SourceFile): readonly string[] {
  const imports = source.statements.filter(ts.isImportDeclaration);
  return imports.map(({ moduleSpecifier }) => moduleSpecifier.getText(source).slice(1, -1));
}

/** Syntax that came after ES2018, but for `import()`, which modules have had from the start. */
function tooNewIn(source: ts.SourceFile): readonly string[] {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    const isAwait = ts.isAwaitExpression(node) && !isInFunction(node);
    if (TOO_NEW.has(node.kind) || isAwait) found.push(node.getText(source));
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

function isInFunction(node: ts.Node): boolean {
  return ts.findAncestor(node, ts.isFunctionLike) !== undefined;
}

const TOO_NEW: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.QuestionDotToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.PrivateIdentifier,
  ts.SyntaxKind.PropertyDeclaration,
  ts.SyntaxKind.ClassStaticBlockDeclaration,
  ts.SyntaxKind.BigIntLiteral,
]);
