/**
 * The settings of a scenario as flags of a command, and what was given of them.
 */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Given } from '../sim/edge/settings/settings.ts';
import { readSetting, SETTINGS, type Setting } from '../sim/edge/settings/table.ts';

/** A setting as a flag. Its text is judged here and read once, where all settings come together. */
export function flagOf(setting: Setting): Option {
  const { key, argument, help, fallback, group } = setting;
  const flags = argument === undefined ? `--${key}` : `--${key} ${argument}`;
  const option = new Option(flags, `${help} (default: ${fallback})`).helpGroup(`${group}:`);
  if (argument === undefined) return option;
  return option.argParser((text) => {
    const read = readSetting(setting, text);
    if (!read.ok) throw new InvalidArgumentError(`${read.fault}.`);
    return text;
  });
}

/** The settings among the flags, as a scenario would write them. */
export function settingsIn(flags: Given): Given {
  const given = SETTINGS.map(({ key }): [string, unknown] => [
    key,
    flags[new Option(`--${key}`).attributeName()],
  ]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
