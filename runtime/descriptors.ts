/**
 * How many connections the system lets this process have: each takes a descriptor, and so do the
 * disk and the program itself. Without room left a listener cannot even refuse, and the disk fails.
 */
import { ACCEPTED_LINKS_MAX, CLIENTS_MAX, DESCRIPTORS_KEPT } from './bounds.ts';

export interface ConnectionLimits {
  /** Accepted links. */
  readonly linksMax: number;
  /** Links that this node dialled. */
  readonly dialledMax: number;
  readonly clientsMax: number;
}

export function connectionLimits(descriptors = descriptorLimit()): ConnectionLimits {
  // A quarter each for clients and for dials of our own, half for accepted links.
  const room = Math.max(MIN_ROOM, descriptors - DESCRIPTORS_KEPT);
  return {
    linksMax: Math.min(ACCEPTED_LINKS_MAX, Math.floor(room / 2)),
    // Those that are being dialled take descriptors too, some for a moment only.
    dialledMax: Math.min(ACCEPTED_LINKS_MAX, Math.floor(room / 8)),
    clientsMax: Math.min(CLIENTS_MAX, Math.floor(room / 4)),
  };
}

/** What the system allows; Node has raised it to the most that it may by the time this is asked. */
function descriptorLimit(): number {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  // Otherwise it would look up the names of all addresses.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as { userLimits?: UserLimits };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) && soft > 0 ? soft : Infinity;
}

interface UserLimits {
  readonly open_files?: { readonly soft?: unknown };
}

const MIN_ROOM = 32;
