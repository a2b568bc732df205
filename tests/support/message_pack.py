# SPDX-License-Identifier: Apache-2.0
"""MessagePack read and written by hand, so that segfleet's bytes are checked by other code than its own.

Texts come out as bytes: segfleet's paths are bytes. Map keys come out as str.
"""

import struct

NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"} | {
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
LENGTHS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"ends early at byte {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def array(self, count):
        return [self.value() for _ in range(count)]

    def map(self, count):
        return {self.value().decode(): self.value() for _ in range(count)}

    def value(self):
        tag = self.take(1)[0]
        if tag <= 0x7F:
            return tag
        if tag <= 0x8F:
            return self.map(tag & 0x0F)
        if tag <= 0x9F:
            return self.array(tag & 0x0F)
        if tag <= 0xBF:
            return self.take(tag & 0x1F)
        if tag >= 0xE0:
            return tag - 0x100
        if tag in CONSTANTS:
            return CONSTANTS[tag]
        if tag in NUMBERS:
            return self.number(NUMBERS[tag])
        if tag in LENGTHS:
            read = self.take if tag <= 0xDB else self.array if tag <= 0xDD else self.map
            return read(self.number(LENGTHS[tag]))
        raise ValueError(f"tag 0x{tag:02x} is not used by segfleet")


def unpack(data):
    reader = Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes after the value")
    return value


def pack(value):
    """None, bool, int, str, bytes (as text), list and dict; always the widest form, which every reader must take."""
    if value is None or isinstance(value, bool):
        return bytes([{None: 0xC0, False: 0xC2, True: 0xC3}[value]])
    if isinstance(value, int):
        return struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
        return struct.pack(">BI", 0xDB, len(data)) + data
    if isinstance(value, list):
        return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(pack, value))
    return struct.pack(">BI", 0xDF, len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
