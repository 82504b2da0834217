"""Reads examples of the classic dialect with the strict codec, and writes them again.

Standard input: a JSON list of hex strings, one message each. Standard output: a JSON list of the
same length, of what the codec makes of each: {"hex": ..., "code": ...}. A message that it refuses
is {"fault": ...}.
"""
import json
import sys

import classic_wire


def fields(message):
    """The fields of a message by name, in types of JSON."""
    read = {}
    for name, value in vars(message).items():
        if isinstance(value, bytes):
            value = value.hex()
        elif isinstance(value, classic_wire.Address):
            value = str(value)
        elif isinstance(value, tuple):
            value = [str(node) for node in value]
        read[name] = value
    return read


def reread(text):
    """What the strict codec makes of the bytes in `text`."""
    try:
        message = classic_wire.decode(bytes.fromhex(text))
    except classic_wire.Fault as fault:
        return {"fault": fault.what}
    return {"hex": classic_wire.encode(message).hex(), **fields(message)}


json.dump([reread(text) for text in json.load(sys.stdin)], sys.stdout)
