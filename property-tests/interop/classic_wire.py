"""The messages of the classic dialect: bytes to values and back, strictly.

Rules:
- Every message is `size u16, code u16, body`, big-endian; `size` counts all its bytes.
- A message has exactly the size that its code demands; whatever is not exact raises `Fault`.
- `decode(encode(m)) == m`, and `encode(decode(b)) == b` for each `b` that decodes.
- A node id is SHA-256 of the ASCII text `ip:port`. A position is a whole number: the last 160
  bits of a node id, or of SHA-256(key) for a key; the distance of two positions is their XOR.
- No input or output here, and no state.
"""

import hashlib
import socket
import struct
from dataclasses import dataclass

PUT, GET, SUCCESS, FAILURE = 650, 651, 652, 653
PING, PONG, FIND_NODE, NODE_REPLY, FIND_VALUE = 654, 655, 656, 657, 658

HEADER = 4
MAX_SIZE = 65_535
MAX_VALUE = 65_495
# The least and the greatest size of each code; all but three codes have one size only.
SIZES = {
    PUT: (41, 40 + MAX_VALUE),
    GET: (36, 36),
    SUCCESS: (37, 36 + MAX_VALUE),
    FAILURE: (36, 36),
    PING: (42, 42),
    PONG: (42, 42),
    FIND_NODE: (10, 10),
    NODE_REPLY: (6, MAX_SIZE),
    FIND_VALUE: (36, 36),
}
WORDS = (b"running", b"put works", b"get works", b"Value not found")


class Fault(Exception):
    """Bytes that the specification does not allow."""

    def __init__(self, what, data=b""):
        super().__init__(what)
        self.what = what
        self.data = bytes(data)


@dataclass(frozen=True, order=True)
class Address:
    """Where a node listens: dotted IPv4 and port."""

    host: str
    port: int

    def __str__(self):
        return f"{self.host}:{self.port}"

    @property
    def id(self):
        return hashlib.sha256(str(self).encode("ascii")).digest()

    @property
    def position(self):
        return int.from_bytes(self.id[-20:], "big")


@dataclass(frozen=True)
class Contact:
    """PING (`id` is its sender's) or PONG (`id` is that of the PING that it answers)."""

    code: int
    id: bytes
    address: Address


@dataclass(frozen=True)
class FindNode:
    address: Address
    code: int = FIND_NODE


@dataclass(frozen=True)
class NodeReply:
    nodes: tuple
    code: int = NODE_REPLY


@dataclass(frozen=True)
class Keyed:
    """GET, FAILURE or FIND_VALUE: a key and nothing else."""

    code: int
    key: bytes


@dataclass(frozen=True)
class Success:
    key: bytes
    value: bytes
    code: int = SUCCESS


@dataclass(frozen=True)
class Put:
    ttl: int
    replication: int
    reserved: int
    key: bytes
    value: bytes
    code: int = PUT


def key_position(key):
    return int.from_bytes(hashlib.sha256(key).digest()[-20:], "big")


def word_at(data):
    """The bare ASCII word that `data` begins with, or None."""
    return next((word for word in WORDS if data.startswith(word)), None)


def begins_word(data):
    """Whether `data` is the beginning of one of the words."""
    return any(word.startswith(bytes(data)) for word in WORDS)


def check_header(data, expected):
    """The size of the message that `data` begins with; None while the header is not there."""
    if len(data) < HEADER:
        return None
    size, code = struct.unpack_from(">HH", data)
    if code not in SIZES:
        raise Fault(f"unknown code {code}", data)
    if code not in expected:
        raise Fault(f"code {code} was not expected here", data)
    least, most = SIZES[code]
    if not least <= size <= most or (code == NODE_REPLY and (size - 6) % 6):
        raise Fault(f"size {size} cannot be for code {code}", data)
    return size


def decode(frame):
    """The message in `frame`, which must be exactly one message."""
    size = check_header(frame, SIZES)
    if size != len(frame):
        raise Fault(f"size field {size} of a message of {len(frame)} bytes", frame)
    code = struct.unpack_from(">H", frame, 2)[0]
    body = bytes(frame[HEADER:])
    if code in (PING, PONG):
        return _contact(code, body, frame)
    if code == FIND_NODE:
        return FindNode(_address(body, frame))
    if code == NODE_REPLY:
        return _node_reply(body, frame)
    if code == PUT:
        return Put(*struct.unpack_from(">HBB", body), body[4:36], body[36:])
    if code == SUCCESS:
        return Success(body[:32], body[32:])
    return Keyed(code, body)


def _address(six, frame):
    port = struct.unpack_from(">H", six, 4)[0]
    if port == 0:
        raise Fault("port 0 in an address", frame)
    return Address(socket.inet_ntoa(six[:4]), port)


def _contact(code, body, frame):
    address = _address(body[32:], frame)
    if code == PING and body[:32] != address.id:
        raise Fault(f"the id of the PING is not SHA-256 of {address}", frame)
    return Contact(code, body[:32], address)


def _node_reply(body, frame):
    count = struct.unpack_from(">H", body)[0]
    if len(body) != 2 + 6 * count:
        raise Fault(f"NODE_REPLY counts {count} nodes in {len(frame)} bytes", frame)
    return NodeReply(tuple(_address(body[at : at + 6], frame) for at in range(2, len(body), 6)))


def encode(message):
    """The bytes of `message`."""
    if isinstance(message, Contact):
        body = message.id + _six(message.address)
    elif isinstance(message, FindNode):
        body = _six(message.address)
    elif isinstance(message, NodeReply):
        body = struct.pack(">H", len(message.nodes)) + b"".join(map(_six, message.nodes))
    elif isinstance(message, Put):
        fixed = struct.pack(">HBB", message.ttl, message.replication, message.reserved)
        body = fixed + message.key + message.value
    elif isinstance(message, Success):
        body = message.key + message.value
    else:
        body = message.key
    return struct.pack(">HH", HEADER + len(body), message.code) + body


def _six(address):
    return socket.inet_aton(address.host) + struct.pack(">H", address.port)
