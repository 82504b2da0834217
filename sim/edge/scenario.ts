/**
 * Scenario files: settings with a name and the question that they answer. The
 * settings are the layer below the flags of the command line.
 */

import { basename, dirname, extname } from 'node:path';
import { SettingsFault, subjectOf, tell } from './settings/fault.ts';
import { aboutSchema } from './settings/schema.ts';
import type { Layer } from './settings/settings.ts';
import { readYamlFile } from './yaml-file.ts';

export interface Scenario {
  /** As the file says, or the file's own name. */
  readonly name: string;
  /** What the run answers, if the file says so. */
  readonly question: string | undefined;
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
  const { name, question, ...given } = value as Readonly<Record<string, unknown>>;
  const about = aboutSchema.safeParse({ name, question });
  if (!about.success) {
    throw new SettingsFault(
      about.error.issues.map((issue) => {
        const key = String(issue.path[0]);
        const most = LENGTH_MAX[key] ?? 0;
        const advice = `write it as a sentence in quotes, of at most ${most} letters`;
        return tell({ path: [key], subject: subjectOf([key]), advice }, place([key]));
      }),
    );
  }
  return {
    name: about.data.name ?? basename(path, extname(path)),
    question: about.data.question,
    layer: { given, baseDir: dirname(path), place },
  };
}

const LENGTH_MAX: Readonly<Record<string, number>> = { name: 100, question: 1000 };
