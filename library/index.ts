/**
 * `import … from 'orrery'`: a node inside a program, and a client of nodes elsewhere
 * (docs/embedding.md). What is exported here is public: it changes with the version only.
 *
 * Rule: nothing but re-exports; `orrery/core` and `orrery/sim` are entries of their own.
 */
import { readVersion } from './version.ts';

export { Client } from './client.ts';
export type { ClientOptions, ClientPutOptions, RequestOptions } from './client.ts';
export { ClosedError, GetError, NoAnswerError, PutError } from './errors.ts';
export { UnknownOutcomeError, UsageError } from './errors.ts';
export type { PutReceipt, Reason } from './errors.ts';
export { developmentIdentity, loadIdentity } from './identity.ts';
export type { DevelopmentOptions } from './identity.ts';
export { startNode } from './node.ts';
export type { NodeEvents, NodeOptions, NodeWarning } from './node.ts';
export type { OrreryNode, PutOptions } from './node.ts';
export { keyBytes } from './words.ts';
export type { Identity, IdentityPaths } from '../runtime/identity/identity.ts';
export type { Log, LogFields } from '../runtime/log.ts';
export type { NodeStatus } from '../runtime/node.ts';
export type { Config, Quota } from '../src/types.ts';

/** Of this package. */
export const version: string = readVersion();
