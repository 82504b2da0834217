/**
 * The print of data (host/fingerprint.ts), folded at every simulated step: inputs and effects of
 * recorded lookups, and the two loops under them.
 */
import { Fingerprint } from '../../host/fingerprint.ts';
import { effectsWords, inputWords } from '../../host/step-words.ts';
import { count, measure, type Case, type Pace, type SuiteReport } from './measure.ts';
import { listOf, Network, pick } from './network.ts';
import { playLookups, type Taken } from './traffic.ts';

const ROUNDS = 1024;

export function runFingerprint(pace: Pace): Promise<SuiteReport> {
  const network = new Network(1000, pace.seed);
  const taken = playLookups(network, 32);
  const replies = taken.filter(({ input }) => input.type === 'message' && isReply(input.message));
  return measure('fingerprint', pace, [
    ...words(network),
    stepsCase('input of a reply naming 20 peers', replies, (print, { input }) => {
      inputWords(print, input);
    }),
    stepsCase('any step of a lookup, input and effects', taken, (print, { input, effects }) => {
      inputWords(print, input);
      effectsWords(print, effects);
    }),
  ]);
}

function words({ keys, ...network }: Network): readonly Case[] {
  const lists = listOf(64, (i) => listOf(20, (j) => network.directory.count * i + j));
  const print = new Fingerprint();
  return [
    {
      name: 'one word',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) print.word(i ^ keys.ids);
        count(print.a);
      },
    },
    {
      name: 'one number with a fraction',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) print.number(i + 0.25);
        count(print.a);
      },
    },
    {
      name: 'a list of 20 words',
      operations: ROUNDS,
      run: () => {
        for (let i = 0; i < ROUNDS; i++) print.words(pick(lists, i));
        count(print.a);
      },
    },
  ];
}

function stepsCase(
  name: string,
  taken: readonly Taken[],
  fold: (print: Fingerprint, item: Taken) => void,
): Case {
  const print = new Fingerprint();
  return {
    name,
    operations: taken.length,
    run: () => {
      for (const item of taken) fold(print, item);
      count(print.a ^ print.b);
    },
  };
}

function isReply(message: { readonly type: string }): boolean {
  return message.type === 'reply';
}
