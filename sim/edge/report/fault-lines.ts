/**
 * Where the faults of a scenario begin and end, as dashed lines across a figure over time, and the
 * sentence that says what they are.
 */

import type { FaultSpec } from '../../options.ts';
import { percent, time, whole } from './format.ts';
import { TONES } from './palette.ts';

export function faultText(fault: FaultSpec): string {
  const at = `Dashed, ${time(fault.atMs)}:`;
  switch (fault.type) {
    case 'mass-failure': {
      const back = fault.returnMs === null ? 'for good' : `for ${time(fault.returnMs)}`;
      return `${at} ${percent(fault.share)} of the online nodes vanish, ${back}.`;
    }
    case 'leader-crash': {
      const back = fault.returnMs === null ? 'for good' : `for ${time(fault.returnMs)}`;
      return `${at} whoever leads vanishes, ${back}.`;
    }
    case 'partition':
      return `${at} ${percent(fault.share)} of the nodes are cut off for ${time(fault.forMs)}.`;
    case 'join-storm':
      return `${at} ${whole(fault.nodes)} new nodes join within ${time(fault.overMs)}.`;
    case 'loss':
      return `${at} ${percent(fault.share)} of calls are lost for ${time(fault.forMs)}.`;
  }
}

/** @param scaleMs what one unit of the time axis is */
export function faultLines(faults: readonly FaultSpec[], scaleMs: number): object {
  const times = faults.flatMap((fault) => [fault.atMs, fault.atMs + lengthOf(fault)]);
  const data = [...new Set(times)].map((at) => [at / scaleMs, 0]);
  return { type: 'custom', name: 'faults', data, renderItem: acrossPlot, clip: true, z: 5 };
}

function lengthOf(fault: FaultSpec): number {
  switch (fault.type) {
    case 'mass-failure':
    case 'leader-crash':
      return fault.returnMs ?? 0;
    case 'join-storm':
      return fault.overMs;
    case 'partition':
    case 'loss':
      return fault.forMs;
  }
}

function acrossPlot(
  params: { readonly coordSys: { readonly y: number; readonly height: number } },
  api: {
    readonly value: (dimension: number) => number;
    readonly coord: (at: readonly number[]) => readonly number[];
  },
): object {
  const [x = 0] = api.coord([api.value(0), 0]);
  const { y, height } = params.coordSys;
  return {
    type: 'line',
    shape: { x1: x, y1: y, x2: x, y2: y + height },
    style: { stroke: TONES.ink.light, lineDash: [4, 3], lineWidth: 1 },
  };
}
