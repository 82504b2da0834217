/**
 * The built-in table of regions: mean one-way delays between six parts of the world, and the share
 * of nodes in each (reachable Bitcoin nodes). Figures of 2019 as published with the simulator
 * SimBlock (Aoki, Otsuki, Kaneko, Banno, Shudo, "SimBlock: a blockchain network simulator", 2019;
 * its NetworkConfiguration). Every message between two regions takes their mean, times jitter.
 */

import type { PlaceTable } from './places.ts';

const NAMES = ['North America', 'Europe', 'South America', 'Asia Pacific', 'Japan', 'Australia'];

/** Milliseconds; row: from, column: to. */
const ONE_WAY_MS = [
  [32, 124, 184, 198, 151, 189],
  [124, 11, 227, 237, 252, 294],
  [184, 227, 88, 325, 301, 322],
  [198, 237, 325, 85, 58, 198],
  [151, 252, 301, 58, 12, 126],
  [189, 294, 322, 198, 126, 16],
];

/** Of 10,000 nodes. */
const NODES = [3316, 4998, 90, 1177, 224, 195];

export const regionPlaces: PlaceTable = {
  size: NAMES.length,
  oneWayUs: Int32Array.from(ONE_WAY_MS.flat(), (ms) => ms * 1000),
  placeAt(drawn) {
    let left = drawn * 10_000;
    return NODES.findIndex((nodes) => (left -= nodes) < 0);
  },
  name: (place) => NAMES[place] ?? '',
};
