# SPDX-License-Identifier: Apache-2.0
"""Small ONNX files written by hand, so that tests of engines need no package that users of segfleet do not have."""

import numpy as np

FLOAT, UINT8, INT8, INT32, INT64, FLOAT16, DOUBLE = 1, 2, 3, 6, 7, 10, 11  # TensorProto.DataType
TYPE_OF = {np.dtype("f4"): FLOAT, np.dtype("f2"): FLOAT16, np.dtype("f8"): DOUBLE, np.dtype("i8"): INT64}


def varint(value):
    data = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def field(number, value):
    """An integer field, or one of a known length: bytes, text, a nested message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, item) for item in value) + field(20, 7)


def node(kind, inputs, outputs, **attributes):
    data = b"".join(field(1, name) for name in inputs) + b"".join(field(2, name) for name in outputs)
    return data + field(4, kind) + b"".join(field(5, attribute(*item)) for item in attributes.items())


def tensor(name, array):
    array = np.ascontiguousarray(array)
    dims = b"".join(field(1, extent) for extent in array.shape)
    return dims + field(2, TYPE_OF[array.dtype]) + field(8, name) + field(9, array.tobytes())


def value_info(name, kind, shape):
    """An extent of the shape may be a text: open."""
    dims = b"".join(field(1, field(1 if isinstance(extent, int) else 2, extent)) for extent in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dims)))


def model(nodes, inputs, outputs, constants=(), opset=13, ir_version=8):
    """`inputs`, `outputs`: (name, type, shape); `constants`: (name, array). Gives the file's bytes."""
    graph = b"".join(field(1, item) for item in nodes) + field(2, "graph")
    graph += b"".join(field(5, tensor(*item)) for item in constants)
    graph += b"".join(field(11, value_info(*item)) for item in inputs)
    graph += b"".join(field(12, value_info(*item)) for item in outputs)
    return field(1, ir_version) + field(7, graph) + field(8, field(1, "") + field(2, opset))


def segmenter(end="argmax", classes=5, shape=("n", 3, "h", "w"), label_type=INT32, dtype="f4", seed=0, **settings):
    """A 3x3 convolution with fixed random weights, then `end`: "argmax" (N×H×W), "argmax_kept" (N×1×H×W), "scores",
    "softmax", "softmax_argmax" (N×H×W)."""
    dtype = np.dtype(dtype)
    weights = np.random.default_rng(seed).normal(size=(classes, 3, 3, 3)).astype(dtype)
    nodes = [node("Conv", ["x", "weights"], ["scores"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])]
    n, _, h, w = shape
    scores = "scores"
    if end.startswith("softmax"):
        scores = "probabilities"
        nodes.append(node("Softmax", ["scores"], [scores], axis=1))
    output = (scores, TYPE_OF[dtype], (n, classes, h, w))
    if "argmax" in end:
        kept = end == "argmax_kept"
        nodes.append(node("ArgMax", [scores], ["index"], axis=1, keepdims=int(kept)))
        nodes.append(node("Cast", ["index"], ["labels"], to=label_type))
        output = ("labels", label_type, (n, 1, h, w) if kept else (n, h, w))
    return model(nodes, [("x", TYPE_OF[dtype], shape)], [output], [("weights", weights)], **settings)


def write_package(folder, graph, output_op="argmax"):
    """A model package around the bytes of a graph."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    (folder / "deploy.yaml").write_text(
        f"Deploy:\n  model: model.onnx\n  transforms:\n  - type: Normalize\n  output_op: {output_op}\n"
    )
    return folder
