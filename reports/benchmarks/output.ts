/**
 * What every file of figures says about where they come from, and how it is written. A figure
 * without its machine, Node version and seed cannot be compared with anything.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { CaseReport, SuiteReport } from './measure.ts';

export interface Machine {
  readonly date: string;
  readonly seed: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

export function describeMachine(seed: string): Machine {
  return {
    date: new Date().toISOString(),
    seed,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

/** Writes a file of figures; its folders are made when they are missing. */
export function writeJson(path: string, content: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  console.log(`written: ${path}`);
}

export function printSuite({ suite, cases }: SuiteReport): void {
  const width = Math.max(...cases.map(({ name }) => name.length));
  const heading = suite.padEnd(width);
  console.log(`\n${heading}  per operation     fastest    operations/s   margin  samples`);
  for (const report of cases) console.log(`${report.name.padEnd(width)}  ${figures(report)}`);
}

function figures({ medianNs, minNs, marginPercent, samples }: CaseReport): string {
  return [
    duration(medianNs).padStart(13),
    duration(minNs).padStart(11),
    grouped(1e9 / medianNs).padStart(15),
    `±${marginPercent.toFixed(1)}%`.padStart(8),
    String(samples).padStart(8),
  ].join(' ');
}

function duration(ns: number): string {
  if (ns < 1000) return `${ns.toPrecision(3)} ns`;
  return ns < 1e6 ? `${(ns / 1000).toPrecision(3)} us` : `${(ns / 1e6).toPrecision(3)} ms`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}
