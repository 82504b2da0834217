/**
 * Generators of messages as they travel, of all protocols, made of the parts in `arbitraries.ts`.
 */
import fc from 'fast-check';
import { FRAME_BYTES_MAX, PEERS_PER_REPLY_MAX } from '../../src/limits.ts';
import type { ClassicMessage, ClientMessage } from '../../src/wire-types.ts';
import type { WireMessage, WireReply, WireRequest } from '../../src/wire-types.ts';
import { wireElectionReply, wireElectionRequest } from './arbitraries-election.ts';
import {
  bytes,
  ipv4Address,
  plain,
  u8,
  u16,
  u32,
  value,
  wireHeader,
  wireHello,
  wirePeers,
  wireRange,
  wireRecord,
  wireSum,
  wireTags,
} from './arbitraries.ts';

export const wireRequest = (): fc.Arbitrary<WireRequest> =>
  fc.oneof(
    fc.constant({ type: 'ping' as const }),
    plain({ type: fc.constant('find-node' as const), target: bytes(20) }),
    plain({ type: fc.constantFrom('find-value' as const, 'find-version'), key: bytes(32) }),
    plain({ type: fc.constant('store' as const), record: wireRecord() }),
    plain({ type: fc.constant('relay' as const), hops: u8(), record: wireRecord() }),
    plain({
      type: fc.constant('check' as const),
      range: wireRange(),
      nonce: u32(),
      sum: wireSum(),
    }),
    plain({
      type: fc.constant('compare' as const),
      range: wireRange(),
      nonce: u32(),
      tags: wireTags(),
    }),
    fc.constant({ type: 'leave' as const }),
    wireElectionRequest(),
  );

export const wireReply = (): fc.Arbitrary<WireReply> =>
  fc.oneof(
    fc.constant({ type: 'ok' as const }),
    plain({ type: fc.constant('peers' as const), peers: wirePeers() }),
    plain({ type: fc.constant('value' as const), record: wireRecord() }),
    plain({ type: fc.constant('version' as const), header: wireHeader(), peers: wirePeers() }),
    plain({ type: fc.constant('sum' as const), range: wireRange(), sum: wireSum() }),
    plain({ type: fc.constant('tags' as const), range: wireRange(), tags: wireTags() }),
    plain({
      type: fc.constant('refused' as const),
      reason: fc.constantFrom(
        ...(['stale', 'expired', 'full', 'not-stored', 'leaving', 'invalid', 'far'] as const),
      ),
    }),
    wireElectionReply(),
  );

export const wireMessage = (): fc.Arbitrary<WireMessage> =>
  fc.oneof(
    wireHello(),
    plain({
      type: fc.constant('goodbye' as const),
      reason: fc.constantFrom(
        ...(['version', 'identity', 'duplicate', 'idle', 'stopping', 'malformed'] as const),
      ),
    }),
    plain({ type: fc.constant('request' as const), call: u32(), body: wireRequest() }),
    plain({ type: fc.constant('reply' as const), call: u32(), body: wireReply() }),
  );

export const clientMessage = (): fc.Arbitrary<ClientMessage> =>
  fc.oneof(
    plain({
      type: fc.constant('put' as const),
      checked: fc.boolean(),
      ttlS: u16(),
      replication: u8(),
      key: bytes(32),
      value: value(),
    }),
    plain({ type: fc.constantFrom('get' as const, 'failure' as const), key: bytes(32) }),
    plain({ type: fc.constant('success' as const), key: bytes(32), value: value() }),
    plain({
      type: fc.constant('put-result' as const),
      key: bytes(32),
      status: fc.constantFrom(
        ...(['good', 'too-few-replicas', 'timed-out', 'no-peers'] as const),
        ...(['full', 'invalid', 'busy', 'leaving'] as const),
      ),
      holders: u8(),
      wanted: u8(),
      version: fc.maxSafeNat(),
    }),
  );

export const classicMessage = (): fc.Arbitrary<ClassicMessage> =>
  fc.oneof(
    plain({
      type: fc.constantFrom('ping' as const, 'pong'),
      id: bytes(32),
      from: ipv4Address(),
    }),
    plain({ type: fc.constant('find-node' as const), from: ipv4Address() }),
    plain({
      type: fc.constant('node-reply' as const),
      addresses: fc.array(ipv4Address(), { maxLength: PEERS_PER_REPLY_MAX }),
    }),
    plain({ type: fc.constantFrom('find-value' as const, 'failure'), key: bytes(32) }),
    plain({ type: fc.constant('success' as const), key: bytes(32), value: value() }),
    plain({
      type: fc.constant('put' as const),
      ttlS: u16(),
      replication: u8(),
      hops: u8(),
      key: bytes(32),
      value: value(),
    }),
    plain({
      type: fc.constant('text' as const),
      text: fc.constantFrom(...(['running', 'put works', 'get works', 'Value not found'] as const)),
    }),
  );

/** Bytes of any kind, now and then as many as a frame may have. */
export const anyBytes = (): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 50, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 200, maxLength: FRAME_BYTES_MAX }) },
  );
