// A simulation inside a program: 100 nodes, ten minutes of their time, some of them leaving.
// Run it: node examples/simulation.mjs
import { SettingsFault, simulate } from 'orrery/sim';

const settings = {
  nodes: 100,
  churn: 'exponential:1h',
  duration: '10m',
  lookups: 300,
  puts: 20,
  gets: 100,
};

const result = await simulate(settings, {
  onProgress: ({ phase, online }) => console.error(`${phase}, ${online} nodes online`),
  onNote: (note) => console.error(note),
});
console.log(`${result.lookups.succeeded} of ${result.lookups.count} lookups succeeded`);
console.log(`${result.values.found} of ${result.values.gets} GETs found their value`);
console.log(`digest ${result.digest}`);

const again = await simulate({ ...settings, workers: 2 });
console.log(again.digest === result.digest ? 'the same again' : 'not repeatable');

try {
  await simulate({ ...settings, loss: 'often' });
} catch (error) {
  if (!(error instanceof SettingsFault)) throw error;
  for (const line of error.lines) console.log(line);
}
