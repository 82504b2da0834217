/**
 * Writes the report of a folder: report.html, and in figures/ each figure as SVG and its numbers as
 * CSV. A folder with sweep.json is a sweep, any other a run.
 *
 * Invariants: the same results give the same bytes, on every machine; a report without the section
 * of a comparison has no figures of one.
 */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepFile } from '../keep-file.ts';
import { ReportFault } from './fault.ts';
import { csvFile, svgFile } from './figure.ts';
import { bytesOf, readRun } from './read.ts';
import { COMPARED, runReport } from './run-page.ts';
import type { ExtraPart } from './run-page.ts';
import { sweepReport } from './sweep-page.ts';
import { readSweep } from './sweep-read.ts';

/**
 * @param extra one more section of a run's report
 * @throws ReportFault when the folder has no result, or a file of it is damaged
 */
export async function writeReport(dir: string, extra?: ExtraPart): Promise<void> {
  const { html, figures } = (await isSweep(dir))
    ? sweepReport(await readSweep(dir))
    : runReport(await readRun(dir), extra);
  try {
    const folder = join(dir, 'figures');
    await mkdir(folder, { recursive: true });
    const old = (await readdir(folder)).filter((name) => name.startsWith(`${COMPARED}-`));
    for (const name of old) await rm(join(folder, name), { force: true });
    for (const figure of figures) {
      await keepFile(join(folder, `${figure.id}.svg`), svgFile(figure));
      await keepFile(join(folder, `${figure.id}.csv`), csvFile(figure));
    }
    await keepFile(join(dir, 'report.html'), html);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReportFault(`the report cannot be written to ${dir}: ${reason}`);
  }
}

export async function isSweep(dir: string): Promise<boolean> {
  return (await bytesOf(join(dir, 'sweep.json'))) !== undefined;
}
