/**
 * Which identity a node of the command line gets: the files it was given, or on a loopback address
 * one of a development authority, so that two nodes need no command before them.
 *
 * Rules: files of an operator's own authority are never touched. Those of a development authority
 * are renewed by the authority they came from; in a data directory that we chose ourselves they are
 * replaced when that authority is gone, in one that was named they are used as they are, because
 * they may belong to a cluster elsewhere. Invariant: off loopback nothing is ever made.
 */
import { join } from 'node:path';
import { UsageError } from '../runtime/failure.ts';
import { fileExists, readWhole } from '../runtime/files.ts';
import { readAddressIdentity } from '../runtime/identity/address-identity.ts';
import { parsePem } from '../runtime/identity/certificate.ts';
import { developmentIdentity, DEVELOPMENT_AUTHORITY } from '../runtime/identity/development.ts';
import { readIdentity } from '../runtime/identity/identity.ts';
import type { Identity, IdentityPaths } from '../runtime/identity/identity.ts';
import { authorityFiles } from '../runtime/identity/revocations.ts';
import { formatEndpoint, isLoopback } from '../runtime/links/address.ts';
import type { Endpoint } from '../runtime/links/address.ts';
import { freePort, LISTEN_ADDRESS } from '../runtime/listening.ts';
import { STATE_DIR } from './settings/settings.ts';
import type { NodeSettings } from './settings/settings.ts';

export interface ChosenIdentity {
  readonly identity: Identity;
  /** One line about what was made for it; nothing when nothing was. */
  readonly made: string | undefined;
}

/** Reads the files of an identity, by which ids are proved in the way that was settled. */
export async function readChosen({
  classic,
  identity,
}: Pick<NodeSettings, 'classic' | 'identity'>): Promise<Identity> {
  if (classic === undefined) return await readIdentity(identity);
  return await readAddressIdentity(identity, classic);
}

/** @throws UsageError when there is no usable identity and none may be made */
export async function identityFor(settings: NodeSettings): Promise<ChosenIdentity> {
  const { listen, dataDir, identity: paths } = settings;
  const missing = !(await fileExists(paths.certificate));
  if (missing && !settings.identityIsNamed && !isLoopback(listen.host)) {
    throw new UsageError(await needs(listen, dataDir));
  }
  const mayDevelop = isLoopback(listen.host) && !settings.identityIsNamed;
  if (mayDevelop && (missing || (await isDevelopments(settings, paths)))) {
    const { identity, made } = await developed(AUTHORITY_DIR, dataDir);
    return {
      identity: settings.classic === undefined ? identity : await readChosen(settings),
      made,
    };
  }
  return { identity: await readChosen(settings), made: undefined };
}

/** What a node off loopback lacks, its address first: a certificate is of no use without that. */
async function needs(listen: Endpoint, dataDir: string): Promise<string> {
  // The development authority is for loopback alone, and stands where another would be made.
  const dir = (await isThereDevelopment()) ? ` --dir ${OWN_AUTHORITY_DIR}` : '';
  const commands =
    `run "npx orrery ca init${dir}" once and ` +
    `"npx orrery ca issue${dir} --out ${dataDir}" for this node`;
  try {
    await freePort(listen, LISTEN_ADDRESS);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return `${error.message} (off loopback it needs a certificate as well: ${commands})`;
  }
  const where = formatEndpoint(listen);
  return `there is no certificate in ${dataDir}, and ${where} is no loopback address: ${commands}`;
}

async function isThereDevelopment(): Promise<boolean> {
  const { certificate } = authorityFiles(AUTHORITY_DIR);
  if (!(await fileExists(certificate))) return false;
  return parsePem(await readWhole(certificate, CERTIFICATE_FILE))?.subject === DEVELOPMENT_NAME;
}

/** An identity of the development authority in a directory; both are made when missing. */
export async function developed(authorityDir: string, dataDir: string): Promise<ChosenIdentity> {
  const { identity, madeAuthority, madeCertificate } = await developmentIdentity({
    authorityDir,
    dataDir,
  });
  const made =
    `development ${madeAuthority ? 'authority and certificate' : 'certificate'} made for ` +
    `loopback use (authority in ${authorityDir}, certificate in ${dataDir})`;
  return { identity, made: madeAuthority || madeCertificate ? made : undefined };
}

/** Whether the certificate that is there is the development authority's business. */
async function isDevelopments(settings: NodeSettings, paths: IdentityPaths): Promise<boolean> {
  const certificate = parsePem(await readWhole(paths.certificate, CERTIFICATE_FILE));
  if (certificate?.issuer !== DEVELOPMENT_NAME) return false;
  if (settings.dataDirIsDefault) return true;
  const ours = authorityFiles(AUTHORITY_DIR).certificate;
  if (!(await fileExists(ours)) || !(await fileExists(paths.authority))) return false;
  return (
    (await readWhole(ours, CERTIFICATE_FILE)) ===
    (await readWhole(paths.authority, CERTIFICATE_FILE))
  );
}

const AUTHORITY_DIR = join(STATE_DIR, 'authority');
/** Where one goes whose place the development authority has. */
const OWN_AUTHORITY_DIR = join(STATE_DIR, 'own-authority');
const DEVELOPMENT_NAME = `CN=${DEVELOPMENT_AUTHORITY}`;
const CERTIFICATE_FILE = { what: 'the certificate', hint: 'name an existing file' };
