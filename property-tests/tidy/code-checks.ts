// Checks that read a file's syntax tree: function length, words the pure core must not use, tests
// left out. The compiler's own parser is used, so that comments and strings never trip a check.
import ts from 'typescript';
import type { Check, Finding, Source } from './finding.ts';

const FUNCTION_LINES_MAX = 60;
const TEST_FILE = /\.test\.ts$/;
const PROPERTY_CALL = /^(?:testProp(?:\.serial)?|fc\.(?:assert|check))$/;
const TEST_SWITCH = /^(?:only|skip|todo)$/;

const TIME = 'time arrives in the moment: take now or wall as an argument';
const TIMER = 'a deadline is data: put it into the state, so that wakeAt covers it';
const LATER = 'emit an effect and take its completion as an input';
const WEAK = 'keep a bounded table and remove entries by rule';

/** What src/ must not name, with what to do instead. */
const BANNED_NAMES: ReadonlyMap<string, string> = new Map([
  ['Date', TIME],
  ['performance', TIME],
  ['Promise', LATER],
  ['queueMicrotask', LATER],
  ['setTimeout', TIMER],
  ['setInterval', TIMER],
  ['setImmediate', TIMER],
  ['globalThis', 'take what you need as an argument'],
  ['WeakRef', WEAK],
  ['FinalizationRegistry', WEAK],
]);

const BANNED_KINDS: ReadonlyMap<ts.SyntaxKind, readonly [string, string]> = new Map([
  [ts.SyntaxKind.AsyncKeyword, ['async', LATER]],
  [ts.SyntaxKind.AwaitExpression, ['await', LATER]],
  [ts.SyntaxKind.AwaitKeyword, ['await', LATER]],
  [ts.SyntaxKind.EnumDeclaration, ['enum', 'use a union of string literals']],
  [ts.SyntaxKind.AnyKeyword, ['any', 'name the type, or take unknown and narrow it']],
  [ts.SyntaxKind.NonNullExpression, ['!', 'handle the absent case, or assert it with a sentence']],
  [ts.SyntaxKind.ExportAssignment, ['export default', 'export by name']],
  [ts.SyntaxKind.DefaultKeyword, ['export default', 'export by name']],
]);

export const checkFunctions: Check = (source) =>
  walk(source, (node, file) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return undefined;
    const count = lineOf(file, node.getEnd()) - lineOf(file, node.getStart(file)) + 1;
    if (count <= FUNCTION_LINES_MAX) return undefined;
    return `function of ${count} lines, ${FUNCTION_LINES_MAX} allowed: give its parts names`;
  });

export const checkPureWords: Check = (source) => {
  if (!source.path.startsWith('src/')) return [];
  return walk(source, (node) => {
    const [word, instead] = bannedWord(node) ?? [];
    return word === undefined || instead === undefined ? undefined : `${word} in src/: ${instead}`;
  });
};

export const checkTestSwitches: Check = (source) => {
  if (!TEST_FILE.test(source.path)) return [];
  return walk(source, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !TEST_SWITCH.test(node.name.text)) return undefined;
    if (rootName(node) !== 'test') return undefined;
    return `test.${node.name.text}: run every test, or delete this one`;
  });
};

/** Properties try the same cases in every run of the suite, unless a seed is asked for. */
export const checkSeeds: Check = (source) => {
  if (!TEST_FILE.test(source.path)) return [];
  return walk(source, (node, file) => {
    if (!ts.isCallExpression(node)) return undefined;
    const called = node.expression.getText(file);
    if (!PROPERTY_CALL.test(called) || /\bruns\(/.test(node.getText(file))) return undefined;
    return `${called}: give runs(COUNT) of parameters.ts as the last argument`;
  });
};

function bannedWord(node: ts.Node): readonly [string, string] | undefined {
  if (ts.isIdentifier(node)) {
    const instead = BANNED_NAMES.get(node.text);
    return instead === undefined ? undefined : [node.text, instead];
  }
  if (isMathRandom(node)) return ['Math.random', 'expand moment.entropy with src/random.ts'];
  // `default:` of a switch is a clause of its own kind; only the modifier of an export has this
  // one.
  return BANNED_KINDS.get(node.kind);
}

function isMathRandom(node: ts.Node): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === 'random' &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'Math'
  );
}

function rootName(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node)) return rootName(node.expression);
  return ts.isIdentifier(node) ? node.text : '';
}

function walk(
  source: Source,
  judge: (node: ts.Node, file: ts.SourceFile) => string | undefined,
): readonly Finding[] {
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2022, false);
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const message = judge(node, file);
    if (message !== undefined) {
      findings.push({ path: source.path, line: lineOf(file, node.getStart(file)), message });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}
