/**
 * Bytes of the fields that have the same width in every message (docs/wire.md).
 *
 * Rule: a width that travels has its name here; what only one message has stays with that.
 */

/** A node's id: SHA-256 of its public key. */
export const ID_BYTES = 32;
export const KEY_BYTES = 32;
/** SHA-256. */
export const DIGEST_BYTES = 32;
/** Ed25519. */
export const SIGNATURE_BYTES = 64;
/** The last 160 bits of an id, or of SHA-256 of a key. */
export const POSITION_BYTES = 20;
