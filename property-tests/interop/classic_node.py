"""A test double of a node of the classic dialect, written from the specification text alone.

    python3 classic_node.py --host 127.0.0.1 --port 6511 --api-port 7511
        [--bootstrap HOST:PORT] --certificate F --key F --authority F [--k 20] [--alpha 3]
        [--max-lookup 3] [--ttl 3600] [--check-every 10] [--idle 5] [--habits LIST]
        [--lenient] [--trace]

Rules:
- It shares no code with what it is a double of: only the specification is between them.
- Strict: whatever the specification does not allow on the wire is a fault, printed and counted,
  and its connection is closed (`--lenient`: kept, and what was read is thrown away).
- Joining is PING, PONG, FIND_NODE, NODE_REPLY with the bootstrap node, then a PING to each node
  named. Known are those that sent a PING and those that answered one with a PONG.
- A new TLS connection for each PUT and FIND_VALUE; every `--check-every` seconds a TCP connection
  to each known node, closed without a byte (no TLS either); whoever refuses it is forgotten.
- Standard output is JSON lines: `ready`, `fault`, `status` (asked for by a line `status` on
  standard input), `lost` (a call without an answer), `cut` (short-read), `full` (a PUT with no
  room), `failed` (no join, exit code 1), and with `--trace` `in` and `out` (code 0: an ASCII word).
- Standard input closed, or SIGTERM: exit code 0.

Habits (`--habits` a list with commas, or `all`), all of them ones that nodes of this kind have:
- `echo-put`: a PUT is answered with the frame itself.
- `ascii`: a PUT is answered with `put works` (after the echo, when there is one); a FIND_VALUE
  with `Value not found` when there is no value and no node known to name; a SUCCESS is followed
  by `get works`; a PING after the first on a connection gets `running` before its PONG. The
  first PING has the PONG only, because joining rests on it. Each word is a write of its own.
- `newest-writer`: an answer goes to the peer connection accepted last, whoever asked.
- `one-read`: each read of a peer connection is one message; split or joined ones lose the rest.
- `short-read`: at most 1,000 bytes of the answer to FIND_VALUE are read; the value is cut.
"""

import argparse
import asyncio
import os
import signal
import socket
import sys
import threading
from dataclasses import replace

import classic_wire as wire
from classic_calls import BROKEN, Caller
from classic_link import TIMEOUT, Link
from classic_wire import Address, Contact, Fault, Keyed, NodeReply, Success

HABITS = ("echo-put", "ascii", "newest-writer", "one-read", "short-read")
REQUESTS = (wire.PING, wire.FIND_NODE, wire.FIND_VALUE, wire.PUT)
JOIN_TRIES = 5
MAX_LINKS = 256
WORD_GAP = 0.02


class Node(Caller):
    def __init__(self, options):
        super().__init__(options)
        self.links = 0
        self.newest = None

    # Answers

    async def serve(self, reader, writer, role, answer, expected):
        """Answers one message after another until the far end closes, is idle, or is at fault."""
        link = Link(reader, writer, role, self.watch)
        self.links += 1
        if role == "peer":
            self.newest = link
        pings = 0
        try:
            if self.links > MAX_LINKS:
                return
            while True:
                try:
                    message = await link.next(expected, self.options.idle)
                    if message is None:
                        break
                    await answer(link, message, pings)
                    pings += message.code == wire.PING
                except Fault as fault:
                    self.watch.fault(fault, link.peer)
                    link.buffer.clear()
                    if self.watch.strict:
                        break
        except BROKEN:
            pass
        finally:
            self.links -= 1
            await link.close()

    async def on_peer(self, reader, writer):
        await self.serve(reader, writer, "peer", self.answer_peer, REQUESTS)

    async def on_client(self, reader, writer):
        await self.serve(reader, writer, "api", self.answer_client, (wire.PUT, wire.GET))

    async def answer_peer(self, link, message, pings):
        if "newest-writer" in self.watch.habits:
            link = self.newest
        if message.code == wire.PING:
            self.know(message.address)
            if pings:
                await self.say(link, b"running")
            await link.send(wire.encode(Contact(wire.PONG, message.id, self.me)))
        elif message.code == wire.FIND_NODE:
            near = self.closest(message.address.position)
            others = [peer for peer in near if peer != message.address]
            await link.send(wire.encode(NodeReply(tuple(others[: self.options.k]))))
        elif message.code == wire.FIND_VALUE:
            await self.answer_find_value(link, message.key)
        else:
            if "echo-put" in self.watch.habits:
                await link.send(wire.encode(message))
            await self.say(link, b"put works")
            await self.carry_out(message)

    async def answer_find_value(self, link, key):
        value = self.value(key)
        if value is not None:
            await link.send(wire.encode(Success(key, value)))
            await self.say(link, b"get works")
        elif self.peers or "ascii" not in self.watch.habits:
            near = self.closest(wire.key_position(key))[: self.options.alpha]
            await link.send(wire.encode(NodeReply(tuple(near))))
        else:
            await self.say(link, b"Value not found")

    async def say(self, link, word):
        """The habit `ascii`: a word in a write of its own, apart from what stands beside it."""
        if "ascii" in self.watch.habits:
            await asyncio.sleep(WORD_GAP)
            await link.send(word)
            await asyncio.sleep(WORD_GAP)

    async def answer_client(self, link, message, _pings):
        if message.code == wire.PUT:
            return await self.carry_out(replace(message, reserved=0))
        value = self.value(message.key)
        if value is None:
            value = await self.lookup(message.key)
        failure = Keyed(wire.FAILURE, message.key)
        reply = failure if value is None else Success(message.key, value)
        await link.send(wire.encode(reply))

    # Life

    async def check(self, address):
        try:
            opening = asyncio.open_connection(address.host, address.port)
            _, writer = await asyncio.wait_for(opening, TIMEOUT)
            writer.close()
        except BROKEN:
            self.peers.pop(address, None)

    async def check_all(self):
        while True:
            await asyncio.sleep(self.options.check_every)
            for address in list(self.peers):
                await self.check(address)

    async def live(self):
        """Joins and then checks the known nodes for ever; 1 when there is no joining."""
        bootstrap = self.options.bootstrap
        for _ in range(JOIN_TRIES if bootstrap else 0):
            if await self.join(bootstrap):
                break
            await asyncio.sleep(1)
        else:
            if bootstrap:
                self.watch.emit("failed", bootstrap=str(bootstrap))
                return 1
        ports = {"port": self.me.port, "api": self.options.api_port}
        self.watch.emit("ready", id=self.me.id.hex(), **ports)
        await self.check_all()

    def status(self):
        now_held = [key.hex() for key in self.values if self.value(key) is not None]
        peers = [str(peer) for peer in sorted(self.peers)]
        self.watch.emit("status", peers=peers, keys=sorted(now_held), faults=self.watch.faults)


def watch_input(on_status, on_end):
    """Reads standard input in a thread of its own, without a lock that an exit would wait for."""
    line = b""
    while chunk := os.read(0, 1_024):
        *lines, line = (line + chunk).split(b"\n")
        line = line[-64:]
        for _ in range([each.strip() for each in lines].count(b"status")):
            on_status()
    on_end()


async def run(options):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    node = Node(options)

    def on_error(_loop, told):
        if not stop.is_set():  # what the end of the process cuts off is no error
            print(told["message"], told.get("exception", ""), file=sys.stderr)

    loop.set_exception_handler(on_error)

    def soon(action):
        return lambda *_: loop.is_closed() or loop.call_soon_threadsafe(action)

    signal.signal(signal.SIGTERM, soon(stop.set))
    reading = (soon(node.status), soon(stop.set))
    threading.Thread(target=watch_input, args=reading, daemon=True).start()
    await node.tls.listen(node.on_peer, node.me)
    await asyncio.start_server(node.on_client, options.host, options.api_port)
    life = asyncio.create_task(node.live())
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({life, stopped}, return_when=asyncio.FIRST_COMPLETED)
    return life.result() if life in done else 0


def address(text):
    host, port = text.rsplit(":", 1)
    return Address(socket.gethostbyname(host), int(port))


def habits(text):
    named = set(filter(None, text.split(",")))
    if named == {"all"}:
        return frozenset(HABITS)
    if unknown := named - set(HABITS):
        raise argparse.ArgumentTypeError(f"unknown habits: {sorted(unknown)}")
    return frozenset(named)


def main():
    parser = argparse.ArgumentParser(description="A test double of a node of the classic dialect")
    parser.add_argument("--host", default="127.0.0.1", help="IPv4 of both listeners")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api-port", type=int, required=True)
    parser.add_argument("--bootstrap", type=address)
    for name in ("--certificate", "--key", "--authority"):
        parser.add_argument(name, required=True)
    for name, usual in (("--k", 20), ("--alpha", 3), ("--max-lookup", 3), ("--ttl", 3_600)):
        parser.add_argument(name, type=int, default=usual)
    parser.add_argument("--check-every", type=float, default=10.0)
    parser.add_argument("--idle", type=float, default=TIMEOUT)
    parser.add_argument("--habits", type=habits, default=frozenset())
    for name in ("--lenient", "--trace"):
        parser.add_argument(name, action="store_true")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
