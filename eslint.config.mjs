// Lint with types. strictTypeChecked as it comes, softened only where a rule fights the house
// style, plus the words that the pure part must not use. Each message says what to do instead.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const forbiddenImports = createRequire(import.meta.url)('./.dependency-cruiser.cjs').forbidden;
const simEdge = new RegExp(
  forbiddenImports.find((rule) => rule.name === 'sim-core-is-pure').from.pathNot,
);
const simCore = typeScriptUnder('sim').filter((path) => !simEdge.test(path));

const TIME = 'Time arrives in the moment (now, wall): take it as an argument.';
const TIMER = 'A deadline is data: put it into the state, so that wakeAt covers it.';
const CHANCE = 'Chance arrives as moment.entropy; expand it with src/random.ts.';
const LATER = 'The core is synchronous: emit an effect and take its completion as an input.';
const HOST = 'The core knows no host: take what you need as an argument, return an effect.';
const WEAK =
  'When memory is freed is not repeatable: keep a bounded table and remove entries by rule.';
const LOCALE = 'The result depends on the machine: compare words or code units (a < b).';

/** V8 versions disagree about the last bit of these. */
const UNSTABLE = 'pow|a?(sin|cos|tan)h?|atan2|expm1|log1p|cbrt|hypot';

const timeAndChance = [
  { name: 'Date', message: TIME },
  { name: 'performance', message: TIME },
  ...named(
    [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'clearTimeout',
      'clearInterval',
      'clearImmediate',
    ],
    TIMER,
  ),
  { name: 'queueMicrotask', message: LATER },
  { name: 'crypto', message: CHANCE },
  ...named(['WeakRef', 'FinalizationRegistry'], WEAK),
  ...named(['globalThis', 'process', 'Intl'], HOST),
];

const pureGlobals = [
  ...timeAndChance,
  { name: 'Promise', message: LATER },
  ...named(['Buffer', 'console', 'Atomics', 'SharedArrayBuffer'], HOST),
];

/** Everywhere in TypeScript. */
const houseSyntax = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name: one thing has one name in every file.',
  },
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals or a const object.' },
];

/** Where the same input must give the same result on every machine. */
const repeatableSyntax = [
  {
    selector: 'MemberExpression[property.name=/^(localeCompare|toLocale[A-Z]\\w*)$/]',
    message: LOCALE,
  },
  {
    selector: 'ForInStatement',
    message: 'The order of an object’s keys is not ours: use an array or a Map.',
  },
  {
    selector: `MemberExpression[object.name="Math"][property.name=/^(${UNSTABLE})$/]`,
    message: 'V8 versions differ in its last bit: only log, exp and sqrt agree.',
  },
];

const pureSyntax = [
  { selector: ':function[async=true]', message: LATER },
  { selector: 'AwaitExpression', message: LATER },
  { selector: 'ForOfStatement[await=true]', message: LATER },
  { selector: 'ImportExpression', message: 'Import at the top: what src/ needs is always there.' },
  { selector: 'TSTypeReference[typeName.name="Promise"]', message: LATER },
];

const noRandom = { object: 'Math', property: 'random' };

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.orrery/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      // One program for all files: src/tsconfig.json would load the sources a second time.
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        {
          ...noRandom,
          message: 'Nothing here is unrepeatable by accident: use a seeded stream or node:crypto.',
        },
        {
          property: 'getPeerX509Certificate',
          message:
            'It never frees what a peer sends beside its own certificate: parse ' +
            'getPeerCertificate().raw.',
        },
      ],
      'no-restricted-syntax': ['error', ...houseSyntax],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers and booleans read the same in every locale; the rule means objects, undefined and
      // null.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `() => list.push(x)` as a callback and `return serve(x)` as a dispatch are the house style.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `while (true)` with the exit inside is clearer than a flag.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // The only enums here are a library's flags, and joining flags by | is what they are for.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // The compiler's noUnusedLocals and noUnusedParameters say it already (with _ for wanted
      // ones).
      '@typescript-eslint/no-unused-vars': 'off',
      // A function that fits a signature returning a promise may be async without waiting.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...pureGlobals],
      'no-restricted-properties': ['error', { ...noRandom, message: CHANCE }],
      'no-restricted-syntax': ['error', ...houseSyntax, ...repeatableSyntax, ...pureSyntax],
    },
  },
  {
    files: ['host/**/*.ts', ...simCore],
    rules: {
      'no-restricted-globals': ['error', ...timeAndChance],
      'no-restricted-syntax': ['error', ...houseSyntax, ...repeatableSyntax],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals() },
    rules: {
      eqeqeq: 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-unreachable': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
);

function named(names, message) {
  return names.map((name) => ({ name, message }));
}

function typeScriptUnder(folder) {
  return readdirSync(new URL(`${folder}/`, import.meta.url), { recursive: true })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));
}

/** Those that the plain JavaScript files use. */
function nodeGlobals() {
  const names = [
    'process',
    'console',
    'URL',
    'performance',
    'setInterval',
    'clearInterval',
    'AbortSignal',
    'Buffer',
  ];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
