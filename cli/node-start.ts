/**
 * What `orrery node` does before it runs: reads the files that its settings name, or has an
 * identity made, and starts the node.
 */
import { readIntroducers } from '../runtime/election/introducers-file.ts';
import { readVoters } from '../runtime/election/voter-list.ts';
import type { Identity } from '../runtime/identity/identity.ts';
import { formatEndpoint, isLoopback } from '../runtime/links/address.ts';
import type { Log } from '../runtime/log.ts';
import { startNode } from '../runtime/node.ts';
import type { RunningNode } from '../runtime/node.ts';
import type { WireVoters } from '../src/wire-types.ts';
import { identityFor } from './development.ts';
import type { NodeSettings } from './settings/settings.ts';

export interface Started {
  readonly node: RunningNode;
  readonly identity: Identity;
  readonly voters: WireVoters | undefined;
}

/** @param tell hears of what had to be made for it */
export async function start(
  settings: NodeSettings & { readonly version: string },
  log: Log,
  tell: (made: string) => void,
): Promise<Started> {
  const { identity, made } = await identityFor(settings);
  if (made !== undefined) tell(made);
  if (!isLoopback(settings.api.host)) {
    log.warn({ api: formatEndpoint(settings.api) }, 'the client API has no access control');
  }
  const { listen, api, bootstrap, dataDir, config, admission, advertise, version } = settings;
  const { votersFile } = settings;
  const voters =
    votersFile === undefined ? settings.voters : await readVoters(votersFile, identity.authority);
  const { introducersFile } = settings;
  const introducers =
    introducersFile === undefined ? undefined : await readIntroducers(introducersFile);
  const { hopsMax } = settings;
  const places = { listen, api, admin: settings.admin, bootstrap, dataDir, advertise, hopsMax };
  const record = settings.record === undefined ? undefined : { ...settings.record, version };
  const rest = { config, admission, record, voters, introducers, identity, log };
  return { node: await startNode({ ...places, ...rest }), identity, voters };
}
