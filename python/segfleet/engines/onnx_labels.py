# SPDX-License-Identifier: Apache-2.0
"""An ONNX graph whose labels come out as bytes, so that a card sends an eighth or a quarter of them.

Works on the file's own bytes (protobuf's encoding) and needs no package: users of cards seldom have `onnx`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

_MODEL_GRAPH, _GRAPH_NODE, _GRAPH_OUTPUT = 7, 1, 12  # fields of ModelProto and GraphProto
_UINT8 = 2
_INTEGERS = {3, 4, 5, 6, 7, 9, 12, 13}  # TensorProto.DataType: int8, uint16, int16, int32, int64, bool, uint32, uint64
_FLOATS = {1, 10, 11}
_LARGEST_FILE = 1 << 30  # a graph in memory must stay below protobuf's 2 GiB
LABELS = "segfleet_labels"

Field = tuple[int, int | memoryview, memoryview]  # number, value, all of its bytes


def byte_labels(path: str | os.PathLike[str], of_scores: bool) -> bytes | None:
    """The graph with its output 0 replaced by the same labels as uint8, a label above 255 wrapped as everywhere.

    `of_scores`: output 0 may also be N×C×H×W scores of at least two classes, whose ArgMax the labels then are.
    None: output 0 is of another kind, or bytes already; the file is larger than 1 GiB, or cannot be read. The folder
    of the file must be told to ONNX Runtime where weights lie in files beside it.
    """
    try:
        if os.path.getsize(path) > _LARGEST_FILE:
            return None
        with open(path, "rb") as file:
            return _with_byte_labels(memoryview(file.read()), of_scores)
    except (OSError, ValueError, IndexError):
        return None  # ONNX Runtime says what is wrong with it


def _with_byte_labels(model: memoryview, of_scores: bool) -> bytes | None:
    graph = b"".join(value for number, value, _ in _fields(model) if number == _MODEL_GRAPH)  # parts of one message
    fields = list(_fields(memoryview(graph)))
    first = next((value for number, value, _ in fields if number == _GRAPH_OUTPUT), memoryview(b""))
    name, kind, shape = _described(first)
    nodes = []
    if kind in _FLOATS and of_scores and len(shape) == 4 and _extent(shape[1]) > 1:
        nodes.append(_node("ArgMax", name, f"{LABELS}_index", axis=1, keepdims=0))
        name, shape = f"{LABELS}_index", [shape[0], *shape[2:]]
    elif kind not in _INTEGERS:
        return None
    nodes.append(_node("Cast", name, LABELS, to=_UINT8))
    output = _message(1, LABELS) + _message(2, _message(1, _number(1, _UINT8) + _message(2, b"".join(shape))))
    new_graph, replaced = [], False
    for number, _, whole in fields:
        if number == _GRAPH_OUTPUT and not replaced:
            new_graph += [_message(_GRAPH_NODE, node) for node in nodes] + [_message(_GRAPH_OUTPUT, output)]
            replaced = True
        else:
            new_graph.append(whole)
    rest = [whole for number, _, whole in _fields(model) if number != _MODEL_GRAPH]
    return b"".join([*rest, _message(_MODEL_GRAPH, b"".join(new_graph))])


def _described(output: int | memoryview) -> tuple[str, int, list[bytes]]:
    """Of a ValueInfoProto: name, element type, extents as encoded."""
    name = bytes(_first(output, 1)).decode()
    tensor = _first(_first(output, 2), 1)
    kind = _first(tensor, 1)
    shape = [value for number, value, _ in _fields(tensor) if number == 2]
    extents = [bytes(whole) for value in shape for number, _, whole in _fields(value) if number == 1]
    return name, kind if isinstance(kind, int) else 0, extents


def _first(message: int | memoryview, wanted: int) -> int | memoryview:
    for number, value, _ in _fields(message):
        if number == wanted:
            return value
    raise ValueError(f"no field {wanted}")


def _fields(message: int | memoryview) -> Iterator[Field]:
    """Raises ValueError and IndexError where it is none."""
    if isinstance(message, int):
        raise ValueError("a number where a message should be")
    at = 0
    while at < len(message):
        begin = at
        key, at = _varint(message, at)
        value: int | memoryview
        if key & 7 == 0:
            value, at = _varint(message, at)
        else:
            length, at = _varint(message, at) if key & 7 == 2 else ({1: 8, 5: 4}.get(key & 7, len(message)), at)
            value, at = message[at : at + length], at + length
        if at > len(message):
            raise ValueError("cut short")
        yield key >> 3, value, message[begin:at]


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] > 0x7F:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def _encoded(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _number(field: int, value: int) -> bytes:
    return _encoded(field << 3) + _encoded(value)


def _message(field: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return _encoded(field << 3 | 2) + _encoded(len(data)) + data


def _extent(encoded: bytes) -> int:
    """-1: open."""
    dimension = _first(memoryview(encoded), 1)
    return next((value for number, value, _ in _fields(dimension) if number == 1 and isinstance(value, int)), -1)


def _node(operation: str, taken: str, given: str, **attributes: int) -> bytes:
    node = _message(1, taken) + _message(2, given) + _message(4, operation)
    for name, value in attributes.items():
        node += _message(5, _message(1, name) + _number(3, value) + _number(20, 2))  # 2: an integer
    return node
