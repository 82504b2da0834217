"""What a classic node knows and what it calls: join, lookup, and the rule of PUT.

Rules:
- A new TLS connection for each call, closed after its answer; the join alone makes two calls
  (PING, FIND_NODE) on the one connection to the bootstrap node.
- Known are only nodes that sent a PING, or that answered one with a PONG.
- An answer is checked against its question: its code, its key, and how many nodes it may name.
- A call that comes to nothing is told as `lost` and is no fault; bytes that are not exact are.
- Known nodes, values, rounds and waits all have an upper bound.
"""

import asyncio
import time
from dataclasses import replace

import classic_wire as wire
from classic_link import Tls, Watch
from classic_wire import Address, Contact, Fault, FindNode, Keyed, NodeReply, Put, Success

BUCKETS = 160
SHORT_READ = 1_000
ROUNDS = 8
MAX_KEYS = 4_096
ECHO_WAIT = 0.3
BROKEN = (OSError, TimeoutError)


class Caller:
    def __init__(self, options):
        self.options = options
        self.me = Address(options.host, options.port)
        self.watch = Watch(options.habits, options.trace, not options.lenient)
        self.tls = Tls(options.certificate, options.key, options.authority)
        self.peers = {}
        self.values = {}

    # What it knows

    def know(self, address):
        if address != self.me and len(self.peers) < BUCKETS * self.options.k:
            self.peers[address] = address.position

    def closest(self, position):
        return sorted(self.peers, key=lambda peer: self.peers[peer] ^ position)

    def value(self, key):
        value, end = self.values.get(key, (None, 0.0))
        return value if time.monotonic() < end else None

    def store(self, put):
        now = time.monotonic()
        self.values = {key: held for key, held in self.values.items() if now < held[1]}
        if put.key not in self.values and len(self.values) >= MAX_KEYS:
            self.watch.emit("full", key=put.key.hex())
        else:
            self.values[put.key] = (put.value, now + (put.ttl or self.options.ttl))

    # Calls

    async def call(self, address, talk, code):
        """Runs `talk` on a new connection; None when it came to nothing."""
        link = None
        try:
            link = await self.tls.dial(address, self.watch)
            return await talk(link)
        except Fault as fault:
            self.watch.fault(fault, link.peer)
        except BROKEN as reason:
            self.watch.emit("lost", code=code, to=str(address), why=type(reason).__name__)
        finally:
            if link:
                await link.close()

    async def reply(self, link, *expected, limit=None):
        """The answer to a call: words are passed over, except the one that says no value."""
        while (message := await link.next(expected, limit=limit)) is not None:
            if not isinstance(message, bytes) or message == b"Value not found":
                return message
        raise ConnectionResetError

    async def ping(self, link, address):
        await link.send(wire.encode(Contact(wire.PING, self.me.id, self.me)))
        pong = await self.reply(link, wire.PONG)
        if isinstance(pong, bytes) or pong != Contact(wire.PONG, self.me.id, address):
            data = pong if isinstance(pong, bytes) else wire.encode(pong)
            link.blame(Fault(f"not the PONG of {address} to our PING", data))
        self.know(address)

    async def join(self, bootstrap):
        async def talk(link):
            await self.ping(link, bootstrap)
            await link.send(wire.encode(FindNode(self.me)))
            reply = await self.reply(link, wire.NODE_REPLY)
            nodes = () if isinstance(reply, bytes) else reply.nodes
            if len(nodes) > self.options.k or self.me in nodes:
                link.blame(Fault("NODE_REPLY names the asker, or more than k", wire.encode(reply)))
            return nodes

        nodes = await self.call(bootstrap, talk, wire.FIND_NODE)
        for address in dict.fromkeys(nodes or ()):
            if address not in (self.me, bootstrap):
                await self.call(address, lambda link: self.ping(link, address), wire.PING)
        return nodes is not None

    async def find_value(self, address, key):
        """A Success, or the nodes named."""

        async def talk(link):
            await link.send(wire.encode(Keyed(wire.FIND_VALUE, key)))
            limit = SHORT_READ if "short-read" in self.watch.habits else None
            codes = (wire.SUCCESS, wire.FAILURE, wire.NODE_REPLY)
            reply = await self.reply(link, *codes, limit=limit)
            if isinstance(reply, NodeReply):
                if len(reply.nodes) > self.options.alpha:
                    link.blame(Fault("NODE_REPLY names more than alpha", wire.encode(reply)))
                return reply.nodes
            if isinstance(reply, (Success, Keyed)) and reply.key != key:
                raise Fault("an answer about another key", wire.encode(reply))
            return reply if isinstance(reply, Success) else ()

        return await self.call(address, talk, wire.FIND_VALUE) or ()

    async def lookup(self, key):
        position = wire.key_position(key)
        known = set(self.peers)
        asked = {self.me}
        for _ in range(ROUNDS):
            near = sorted(known - {self.me}, key=lambda node: node.position ^ position)
            fresh = [node for node in near[: self.options.k] if node not in asked]
            batch = fresh[: self.options.alpha]
            for found in await asyncio.gather(*(self.find_value(node, key) for node in batch)):
                if isinstance(found, Success):
                    return found.value
                known.update(found)
            asked.update(batch)
        return None

    async def send_put(self, address, put):
        """Whether the PUT was written. What comes back must be a PUT of the same key, or words."""

        async def talk(link):
            await link.send(wire.encode(put))
            try:
                while reply := await link.next((wire.PUT,), ECHO_WAIT):
                    if isinstance(reply, Put) and reply.key != put.key:
                        raise Fault("a PUT echoed with another key", wire.encode(reply))
            except TimeoutError:
                pass
            except Fault as fault:
                self.watch.fault(fault, link.peer)
            return True

        return bool(await self.call(address, talk, wire.PUT))

    async def carry_out(self, put):
        """The rule of PUT: `reserved` is the hop budget."""
        most = self.options.max_lookup
        budget = put.reserved if 0 < put.reserved <= most else most
        if budget == 1:
            return self.store(put)
        position = wire.key_position(put.key)
        near = self.closest(position)
        reach = near[: self.options.alpha]
        if not near or self.me.position ^ position < reach[-1].position ^ position:
            self.store(put)
        passed_on = replace(put, reserved=budget - 1)
        left = iter(near)

        async def one():
            for address in left:
                if await self.send_put(address, passed_on):
                    return

        await asyncio.gather(*(one() for _ in reach))
