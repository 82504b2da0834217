// Who may import whom: one rule per row, type-only imports included. src/ is the protocol (pure,
// knows nobody); host/ what both hosts share; sim/ and runtime/ the two hosts, which do not know
// each other; library/ what programs import of them; cli/ knows all of these; tests and reports
// look at all of it and nobody looks at them.
'use strict';

const PACKAGES_AND_NODE = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'];

/** The files of sim/ that may use node: and packages. eslint.config.mjs reads the list here. */
const SIM_EDGES = '^sim/(?:main\\.ts$|edge/)';

/** Files of src/ that know nobody but each other. */
const LEAVES = '^src/(?:types|assert|limits|position|random)(?:\\.ts$|/)';

/** Nothing outside `folders` may be imported by the files of `from`. */
function onlyFolders(name, from, folders, comment) {
  return {
    name,
    severity: 'error',
    comment,
    from: { path: from },
    to: { pathNot: `^(?:${folders.join('|')})/` },
  };
}

function notFolders(name, from, folders, comment) {
  return {
    name,
    severity: 'error',
    comment,
    from: { path: from },
    to: { path: `^(?:${folders.join('|')})/` },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment:
        'Files that need each other are one idea, or need a third: move the shared part to a leaf.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'The import leads nowhere: mend the path (it ends in .ts) or declare the package.',
      from: {},
      to: { couldNotResolve: true },
    },
    onlyFolders(
      'src-knows-nobody',
      '^src/',
      ['src'],
      'src/ is pure: no package, no node:, no other folder. Take what you need as an argument.',
    ),
    {
      name: 'src-leaves',
      severity: 'error',
      comment: 'A leaf of src/ (types, assert, limits, position, random) may import only leaves.',
      from: { path: LEAVES },
      to: { path: '^src/', pathNot: LEAVES },
    },
    {
      name: 'src-machines-know-no-node',
      severity: 'error',
      comment:
        'The table and the lookup are machines of their own: what knows a node, its calls or its ' +
        'records is in contacts/ and operations/.',
      from: { path: '^src/(?:lookup|table)/' },
      to: { path: '^src/', pathNot: [LEAVES, '^src/lists\\.ts$', '^src/(?:lookup|table)/'] },
    },
    {
      name: 'src-state-knows-no-rules',
      severity: 'error',
      comment: 'src/state/ says what a node is; what it does is in the folders of rules.',
      from: { path: '^src/state/' },
      to: {
        path: '^src/',
        pathNot: [
          LEAVES,
          '^src/(?:config|lists|majority|paged|timing|step-types)\\.ts$',
          '^src/(?:state|table|lookup)/',
        ],
      },
    },
    notFolders(
      'src-replicas-and-election-below',
      '^src/(?:replicas|election)/',
      ['src/contacts', 'src/operations'],
      'Operations use replicas and election, not the other way: lay what is due into the draft.',
    ),
    notFolders(
      'src-contacts-below-operations',
      '^src/contacts/',
      ['src/operations'],
      'Operations use contacts, not the other way: lay what is due into the draft.',
    ),
    {
      name: 'src-rules-below-the-step',
      severity: 'error',
      comment: 'What a step begins with uses the rules; the rules know neither it nor invariants.',
      from: { path: '^src/(?:replicas|election|contacts|operations|asking)' },
      to: { path: '^src/(?:create|serve|upkeep|invariants)(?:\\.ts$|/)' },
    },
    {
      name: 'src-step-is-the-door',
      severity: 'error',
      comment:
        'Nothing in src/ imports step, hosts call it: move the shared part to a machine or leaf.',
      from: { path: '^src/' },
      to: { path: '^src/step\\.ts$' },
    },
    onlyFolders(
      'host-knows-src',
      '^host/',
      ['src', 'host'],
      'host/ imports only src/. Hashing and verifying are handed in by the edge as functions.',
    ),
    notFolders(
      'sim-borders',
      '^sim/',
      ['runtime', 'real', 'library', 'cli', 'property-tests', 'reports'],
      'sim/ imports only src/ and host/: the simulator must not know the real host.',
    ),
    {
      name: 'sim-core-is-pure',
      severity: 'error',
      comment: 'node: and packages only at the edges (sim/main.ts, sim/edge/): hand the result in.',
      from: { path: '^sim/', pathNot: SIM_EDGES },
      to: { dependencyTypes: PACKAGES_AND_NODE, pathNot: 'node_modules/(?:@types/)?seedrandom/' },
    },
    notFolders(
      'sim-observer-judges',
      '^sim/(?:observer|churn|latency)/',
      ['sim/run', 'sim/result', 'sim/snapshot'],
      'The observer and the laws of a network do not know the run: the run asks them.',
    ),
    notFolders(
      'sim-run-below-result',
      '^sim/run/',
      ['sim/result', 'sim/snapshot'],
      'Results and snapshots are made of a run; a run knows neither.',
    ),
    {
      name: 'seedrandom-only-in-streams',
      severity: 'error',
      comment: 'Only sim/streams.ts may import seedrandom: take a named stream from there.',
      from: { pathNot: '^sim/streams\\.ts$' },
      to: { path: 'node_modules/(?:@types/)?seedrandom/' },
    },
    notFolders(
      'runtime-borders',
      '^runtime/',
      ['sim', 'real', 'library', 'cli', 'property-tests', 'reports'],
      'runtime/ imports src/, host/, node:, packages: it must not know the simulator.',
    ),
    {
      name: 'runtime-rooms-know-no-node',
      severity: 'error',
      comment:
        'What is in a folder of runtime/ serves a node and knows none: hand it what it needs, as ' +
        'engine.ts does. Only admin/ looks at the whole of it.',
      from: { path: '^runtime/(?!admin/)[^/]+/' },
      to: { path: '^runtime/(?:node|engine|ground|driver|traffic|operations|edge)\\.ts$' },
    },
    {
      name: 'runtime-rooms-in-order',
      severity: 'error',
      comment:
        'identity/ and records/ know no links, links/ know neither records, clients nor the ' +
        'older dialect (what they need of it is in links/ports.ts).',
      from: { path: '^runtime/(identity|records|links)/' },
      to: {
        path: '^runtime/(?:identity|records|links|api|classic)/',
        pathNot: ['^runtime/$1/', '^runtime/identity/'],
      },
    },
    notFolders(
      'real-borders',
      '^real/',
      ['library', 'cli', 'property-tests', 'reports'],
      'real/ plays scenarios of sim/ with nodes of runtime/: what shows it is in cli/.',
    ),
    notFolders(
      'library-borders',
      '^library/',
      ['real', 'cli', 'property-tests', 'reports'],
      'library/ offers what the hosts can do: what a command needs as well, the command imports.',
    ),
    onlyFolders(
      'library-core-is-pure',
      '^library/core\\.ts$',
      ['src'],
      'orrery/core loads without Node: re-export files of src/ only.',
    ),
    notFolders(
      'library-sim-knows-no-nodes',
      '^library/(?:sim|simulation|settings)\\.ts$',
      ['runtime'],
      'orrery/sim loads nothing of real nodes.',
    ),
    notFolders(
      'library-nodes-know-no-sim',
      '^library/(?!(?:sim|simulation|settings)\\.ts$)',
      ['sim'],
      'orrery loads nothing of the simulator: that is orrery/sim.',
    ),
    notFolders(
      'cli-borders',
      '^cli/',
      ['property-tests', 'reports'],
      'cli/ may use all but tests and reports: move the shared part to where both may import it.',
    ),
    {
      name: 'no-test-tools-in-the-product',
      severity: 'error',
      comment: 'devDependencies are absent from an installed product: move it to dependencies.',
      from: { path: '^(?:src|host|sim|runtime|real|library|cli)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'packages-are-declared',
      severity: 'error',
      comment: 'The package is not in package.json: add it there with an exact version.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    notFolders(
      'tests-borders',
      '^property-tests/',
      ['reports'],
      'Tests do not import reports: move the shared part to the folder it speaks of.',
    ),
    notFolders(
      'reports-borders',
      '^reports/',
      ['property-tests', 'cli', 'library', 'real'],
      'Reports import src/, host/, sim/, runtime/, packages and node: only.',
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
