/**
 * Scenario files: settings with a name and the question that they answer, and where the result
 * goes. All of it is the layer below the flags of the command line.
 */

import { basename, dirname, extname, resolve } from 'node:path';
import { SettingsFault, subjectOf, tell } from './settings/fault.ts';
import { aboutSchema } from './settings/schema.ts';
import type { Layer } from './settings/settings.ts';
import { readYamlFile } from './yaml-file.ts';

export interface Scenario {
  /** As the file says, or the file's own name. */
  readonly name: string;
  /** What the run answers, if the file says so. */
  readonly question: string | undefined;
  /** The folder for the result of a run from the command line, if the file names one. */
  readonly out: string | undefined;
  /** Whether result.json alone goes to standard output. */
  readonly json: boolean;
  readonly layer: Layer;
}

/** @throws SettingsFault when the file is no scenario; its settings are checked when resolved */
export async function readScenario(path: string): Promise<Scenario> {
  const { value, place } = await readYamlFile(path, 'the scenario');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SettingsFault([
      `${path} holds no settings: write keys with values, as in nodes: 1000`,
    ]);
  }
  const { name, question, out, json, ...given } = value as Readonly<Record<string, unknown>>;
  const about = aboutSchema.safeParse({ name, question, out, json });
  if (!about.success) {
    throw new SettingsFault(
      about.error.issues.map((issue) => {
        const key = String(issue.path[0]);
        const advice = ADVICE[key] ?? '';
        return tell({ path: [key], subject: subjectOf([key]), advice }, place([key]));
      }),
    );
  }
  const { data } = about;
  const baseDir = dirname(path);
  return {
    name: data.name ?? basename(path, extname(path)),
    question: data.question,
    out: data.out === undefined ? undefined : resolve(baseDir, data.out),
    json: data.json === true,
    layer: { given, baseDir, place },
  };
}

const ADVICE: Readonly<Record<string, string>> = {
  name: 'write it as a sentence in quotes, of at most 100 letters',
  question: 'write it as a sentence in quotes, of at most 1000 letters',
  out: 'write the name of a folder, as in out: out/churn',
  json: 'write true or false',
};
