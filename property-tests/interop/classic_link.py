"""One connection of a classic node, and what is seen on it: TLS, framing, events, faults.

Rules:
- A link has a role: `peer` (accepted, TLS), `dialled` (ours, TLS), `api` (a client, plain TCP).
- One message at a time. On a `peer` or `dialled` link a second message in hand before the first
  was dealt with is a fault, for the dialect has one call outstanding on a connection.
- A bare ASCII word is a known habit of a far end that answers: on `dialled` links it is handed
  over as bytes and is no fault; anywhere else it is one.
- Nothing waits without end, and no link holds more than two messages of the greatest size.
"""

import asyncio
import json
import ssl
import struct
import sys

import classic_wire as wire
from classic_wire import Fault

TIMEOUT = 5.0
CHUNK = wire.MAX_SIZE
FAULT_BYTES = 256


class Watch:
    """What a node tells on standard output (one line of JSON for each event), and its habits."""

    def __init__(self, habits, trace, strict):
        self.habits = habits
        self.trace = trace
        self.strict = strict
        self.faults = 0

    def emit(self, event, **fields):
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()

    def fault(self, fault, peer):
        self.faults += 1
        self.emit("fault", what=fault.what, hex=fault.data[:FAULT_BYTES].hex(), peer=peer)

    def message(self, event, data, peer):
        if self.trace:
            code = 0 if wire.word_at(data) else struct.unpack_from(">H", data, 2)[0]
            self.emit(event, code=code, hex=data.hex(), peer=peer)


class Link:
    def __init__(self, reader, writer, role, watch):
        self.reader = reader
        self.writer = writer
        self.role = role
        self.watch = watch
        self.buffer = bytearray()
        self.owed = 0
        far = writer.get_extra_info("peername") or ("?", 0)
        self.peer = f"{far[0]}:{far[1]}"

    async def next(self, expected, wait=TIMEOUT, limit=None):
        """The next message (or ASCII word), or None at the end of the stream.

        `wait` seconds for its first byte, else TimeoutError; a message begun ends within TIMEOUT.
        `limit` is the most bytes that are read: a longer message is cut there.
        """
        while not self.buffer:
            if not await asyncio.wait_for(self.fill(limit), wait):
                return None
        try:
            async with asyncio.timeout(TIMEOUT):
                while (frame := self.take(expected, limit)) is None:
                    if not await self.fill(limit):
                        raise Fault("closed within a message", self.buffer)
        except TimeoutError:
            raise Fault("stalled within a message", self.buffer) from None
        self.watch.message("in", frame, self.peer)
        return frame if wire.word_at(frame) else wire.decode(frame)

    async def fill(self, limit):
        """Reads once; False at the end of the stream."""
        room = CHUNK if limit is None else limit - len(self.buffer)
        try:
            chunk = await self.reader.read(room)
        except OSError:
            return False
        self.buffer += chunk
        if "one-read" in self.watch.habits and self.role != "api":
            self.keep_one(limit)
        return bool(chunk)

    def keep_one(self, limit):
        """The habit `one-read`: what was read is one message; the rest of it is lost."""
        if self.owed:
            self.owed = max(0, self.owed - len(self.buffer))
            self.buffer.clear()
        elif word := wire.word_at(self.buffer):
            del self.buffer[len(word) :]
        elif len(self.buffer) < wire.HEADER:
            self.buffer.clear()
        else:
            size, code = struct.unpack_from(">HH", self.buffer)
            if code not in wire.SIZES or (limit and size > limit == len(self.buffer)):
                return
            if size > len(self.buffer):
                self.owed = size - len(self.buffer)
                self.buffer.clear()
            elif size >= wire.HEADER:
                del self.buffer[size:]

    def take(self, expected, limit):
        """The bytes of the first message in the buffer; None while they are not all there."""
        if self.role == "dialled":
            if word := wire.word_at(self.buffer):
                del self.buffer[: len(word)]
                return word
            if wire.begins_word(self.buffer):
                return None
        size = wire.check_header(self.buffer, expected)
        if size is None:
            return None
        if limit and size > limit and len(self.buffer) >= limit:
            self.watch.emit("cut", size=size, peer=self.peer)
            self.buffer[:2] = struct.pack(">H", limit)
            size = limit
        if len(self.buffer) < size:
            return None
        frame = bytes(self.buffer[:size])
        del self.buffer[:size]
        if self.buffer and self.role != "api" and not self.word_follows():
            self.blame(Fault("a second message before the first was dealt with", self.buffer))
        return frame

    def word_follows(self):
        follows = wire.word_at(self.buffer) or wire.begins_word(self.buffer)
        return self.role == "dialled" and follows

    def blame(self, fault):
        """Counts a fault that does not hide the message: only a strict node stops at it."""
        if self.watch.strict:
            raise fault
        self.watch.fault(fault, self.peer)

    async def send(self, data):
        """Writes one message or word, alone; what a closed far end does not take is lost."""
        if self.writer.is_closing():
            return
        self.watch.message("out", data, self.peer)
        self.writer.write(data)
        try:
            await asyncio.wait_for(self.writer.drain(), TIMEOUT)
        except (OSError, TimeoutError):
            self.writer.close()

    async def close(self):
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), TIMEOUT)
        except (OSError, TimeoutError):
            self.writer.transport.abort()


class Tls:
    """Both sides of TLS: certificates of the shared authority and no other; no names, no ALPN."""

    def __init__(self, certificate, key, authority):
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        for context in (self.server, self.client):
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_cert_chain(certificate, key)
            context.load_verify_locations(authority)
        self.times = {"ssl_handshake_timeout": TIMEOUT, "ssl_shutdown_timeout": 1.0}

    async def dial(self, address, watch):
        opening = asyncio.open_connection(
            address.host, address.port, ssl=self.client, **self.times
        )
        reader, writer = await asyncio.wait_for(opening, TIMEOUT)
        return Link(reader, writer, "dialled", watch)

    async def listen(self, accept, address):
        return await asyncio.start_server(
            accept, address.host, address.port, ssl=self.server, **self.times
        )
