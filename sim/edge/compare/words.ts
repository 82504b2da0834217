/**
 * A comparison in the words that the terminal and the page share: who A and B are, in which
 * settings and in how much work they differ, and a row of cells per measure.
 */

import { even, percent, time, whole } from '../report/format.ts';
import type { Compared, Comparison, Party } from './compare.ts';
import {
  DISTRIBUTION_RULE,
  DISTRIBUTION_TOLERANCE,
  PAIRS_RULE,
  RULES,
  TRAFFIC_RULE,
} from './rules.ts';

export function partyText({ host, name, nodes, seed, durationMs, version }: Party): string {
  const what = host === 'real' ? 'real nodes' : 'simulated';
  const measured = durationMs === 0 ? 'until the work was done' : `for ${time(durationMs)}`;
  return (
    `${name === null ? '' : `${name}, `}${what}, ${whole(nodes)} nodes, seed ${seed}, ` +
    `measured ${measured}, version ${version}`
  );
}

export const ROW_NAMES = [
  'measure',
  'A',
  'B',
  'difference',
  '95 % interval',
  'tolerance',
  'samples',
  'verdict',
] as const;

export function rowOf(line: Compared): readonly string[] {
  const { name, verdict } = line;
  return [
    name,
    valueText(line, line.a),
    valueText(line, line.b),
    line.type === 'distribution' && line.difference !== null
      ? percent(line.difference)
      : signed(line, line.difference),
    intervalText(line),
    toleranceText(line),
    samplesText(line),
    verdict ?? '–',
  ];
}

/** The rules, a sentence each. */
export function ruleLines({ measures }: Comparison): readonly string[] {
  return [
    ...Object.entries(RULES).map(([verdict, rule]) => `${verdict}: ${rule}`),
    DISTRIBUTION_RULE,
    ...(measures.some(({ paired }) => paired) ? [PAIRS_RULE] : []),
    ...(measures.some(({ type }) => type === 'total') ? [TRAFFIC_RULE] : []),
  ];
}

/** Why there are no verdicts over times, where there are none. */
export function noVerdictText({ a, b }: Comparison): string | undefined {
  const late = [a.tooLate ? 'A' : '', b.tooLate ? 'B' : ''].filter((name) => name !== '');
  if (late.length === 0) return undefined;
  return (
    `no verdicts over times: the machine of ${late.join(' and of ')} was too late to be judged ` +
    'by; where other measures differ, deadlines that it missed may be why'
  );
}

export function settingsNote({ a, b, settings }: Comparison): string {
  if (settings.length > 0) return 'The settings differ, so differences are to be expected:';
  return String(a.seed) === String(b.seed)
    ? 'The settings and the seed are the same.'
    : 'The settings are the same but for the seed.';
}

/** Of what one did clearly more than the other, if of anything. */
export function workNote({ work }: Comparison): string | undefined {
  const unlike = work.filter((one) => one.unlike);
  if (unlike.length === 0) return undefined;
  const told = unlike.map(({ id, a, b }) => `${WORK_NAMES[id]} A ${whole(a)}, B ${whole(b)}`);
  return `The two did not do the same work: ${told.join('; ')}.`;
}

const WORK_NAMES = { lookups: 'lookups', puts: 'PUTs', gets: 'GETs', skipped: 'skipped' } as const;

/** Real nodes dial back before they ask; a simulation charges for it where it is told to. */
export function linksNote({ a, b }: Comparison): string | undefined {
  const [real, simulated] = a.host === 'real' ? [a, b] : [b, a];
  if (real.host !== 'real' || simulated.host === 'real') return undefined;
  if (simulated.links === 'dial-back' || real.links === 'warm') return undefined;
  return (
    `${simulated.dir} was simulated with --links ${simulated.links}, and real nodes dial back: ` +
    'its first requests are too fast; simulate with --links dial-back'
  );
}

function valueText({ type, unit }: Compared, value: number | null): string {
  if (value === null) return '–';
  if (type === 'share') return percent(value);
  return unit === 'ms' ? time(value) : even(value);
}

function toleranceText(line: Compared): string {
  if (line.type === 'distribution') return DISTRIBUTION_TOLERANCE;
  return line.tolerance === null ? '–' : signed(line, line.tolerance).replace('+', '± ');
}

function intervalText(line: Compared): string {
  const { type, low, high, p } = line;
  if (type === 'distribution' && p !== null) return `p = ${even(p)}`;
  return low === null || high === null ? '–' : `${signed(line, low)} to ${signed(line, high)}`;
}

function samplesText({ samples, paired }: Compared): string {
  if (samples === null) return '–';
  return `${whole(samples.a)} / ${whole(samples.b)}${paired ? ', pairs' : ''}`;
}

/** Shares differ in percentage points, all else in percent. */
function signed({ type }: Compared, value: number | null): string {
  if (value === null) return '–';
  // Nothing in A, and something in B.
  if (!Number.isFinite(value)) return '∞';
  const digits = (100 * Math.abs(value)).toFixed(1);
  const sign = digits === '0.0' ? '' : value < 0 ? '-' : '+';
  return `${sign}${digits}${type === 'share' ? ' pp' : ' %'}`;
}
