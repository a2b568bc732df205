# SPDX-License-Identifier: Apache-2.0
"""An ONNX graph without its last ArgMax: scores come out, so that edges are restored from them and not from labels."""

from __future__ import annotations

import os
from typing import Any

from segfleet.errors import EngineUnavailable, InvalidArgument, ModelInvalid, ModelUnsupported, NotFound

_PASSED_THROUGH = ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten")  # what exporters put behind ArgMax
_CLASSES = (1, -3)  # their axis in N×C×H×W


def cut_argmax(model: bytes | str | os.PathLike[str]) -> bytes | None:
    """The graph's file with what feeds its ArgMax (N×C×H×W scores) as its only output; weights of other files inside.

    A softmax over the classes that feeds the ArgMax is cut too: logits come out. None: output 0 holds scores as it is.

    Raises EngineUnavailable (no onnx package), NotFound, ModelInvalid, InvalidArgument (output 0 holds labels that do
    not come from an ArgMax over the classes), ModelUnsupported (the file would be over protobuf's 2 GiB).
    """
    name = "the ONNX graph" if isinstance(model, bytes) else os.fspath(model)
    onnx = _onnx_package()
    proto = _read(onnx, model, name)
    graph = proto.graph
    argmax = _argmax_behind_output(graph, name)
    if argmax is None:
        if graph.output[0].type.tensor_type.elem_type in _floats(onnx):
            return None
        raise InvalidArgument(
            f"{name}: output 0 holds labels that do not come from an ArgMax: nothing to cut; leave --restore logits out"
        )
    scores = _before_softmax(proto, argmax.input[0])
    port = _described(onnx, proto, scores)
    del graph.output[:]
    graph.output.append(port)
    _remove_unneeded(graph, scores)
    try:
        return proto.SerializeToString()
    except ValueError as error:  # protobuf's limit
        raise ModelUnsupported(f"{name}: cannot be written without its ArgMax: {error}") from None


def _onnx_package() -> Any:
    try:
        import onnx
        import onnx.shape_inference
    except ImportError as error:
        raise EngineUnavailable(
            f"--restore logits cuts an ONNX graph with the package onnx, which cannot be imported ({error}); "
            "pip install onnx"
        ) from None
    return onnx


def _read(onnx: Any, model: bytes | str | os.PathLike[str], name: str) -> Any:
    try:
        proto = onnx.load_model_from_string(model) if isinstance(model, bytes) else onnx.load(os.fspath(model))
    except FileNotFoundError as error:
        raise NotFound(f"{name}: {error.strerror or 'does not exist'} ({error.filename or name})") from None
    except Exception as error:  # protobuf's DecodeError, onnx's checks of files with weights
        raise ModelInvalid(f"{name}: not an ONNX graph that can be read: {str(error).splitlines()[0]}") from None
    if not proto.graph.output:
        raise ModelInvalid(f"{name}: the ONNX graph has no output")
    return proto


def _argmax_behind_output(graph: Any, name: str) -> Any | None:
    node = _maker(graph, graph.output[0].name, _PASSED_THROUGH)
    if node is None or node.op_type != "ArgMax":
        return None
    axis = _axis(node, 0)
    if axis not in _CLASSES:
        raise InvalidArgument(f"{name}: its ArgMax runs over axis {axis}, the classes of N×C×H×W scores are axis 1")
    return node


def _before_softmax(proto: Any, scores: str) -> str:
    node = _maker(proto.graph, scores, ("Identity",))
    opset = max((used.version for used in proto.opset_import if used.domain in ("", "ai.onnx")), default=1)
    if node is None or node.op_type != "Softmax" or _axis(node, -1 if opset >= 13 else 1) not in _CLASSES:
        return scores
    return node.input[0]


def _maker(graph: Any, tensor: str, passed_through: tuple[str, ...]) -> Any | None:
    """The node that gives `tensor`, looking through others; None: it is an input or a constant."""
    made_by = {output: node for node in graph.node for output in node.output if output}
    node = made_by.get(tensor)
    while node is not None and node.op_type in passed_through:
        node = made_by.get(node.input[0])
    return node


def _axis(node: Any, default: int) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "axis"), default)


def _floats(onnx: Any) -> tuple[int, ...]:
    kinds = onnx.TensorProto
    return (kinds.FLOAT, kinds.FLOAT16, kinds.DOUBLE, kinds.BFLOAT16)


def _described(onnx: Any, proto: Any, tensor: str) -> Any:
    """Type and shape of a tensor inside the graph; float N×C×H×W with open extents where that cannot be told."""
    try:
        known = onnx.shape_inference.infer_shapes(proto).graph
    except Exception:  # graphs over 2 GiB, operations of other domains
        known = proto.graph
    for port in [*known.value_info, *known.input]:
        if port.name == tensor and len(port.type.tensor_type.shape.dim) == 4:
            return port
    extents = [f"segfleet_{extent}" for extent in "nchw"]
    return onnx.helper.make_tensor_value_info(tensor, onnx.TensorProto.FLOAT, extents)


def _remove_unneeded(graph: Any, result: str) -> None:
    """Nodes and weights that `result` does not depend on."""
    needed, kept = {result}, []
    for node in reversed(graph.node):  # sorted: what makes a tensor stands before what uses it
        if needed.isdisjoint(node.output):
            continue
        kept.append(node)
        needed.update(_inputs_of(node))
    weights = [weight for weight in graph.initializer if weight.name in needed]
    kept.reverse()
    for field, items in ((graph.node, kept), (graph.initializer, weights)):
        copies = [type(item).FromString(item.SerializeToString()) for item in items]
        del field[:]
        field.extend(copies)


def _inputs_of(node: Any) -> set[str]:
    """Also those that the bodies of If and Loop take from outside."""
    names = set(node.input)
    for attribute in node.attribute:
        for body in [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]:
            for inner in body.node:
                names |= _inputs_of(inner)
            names.update(output.name for output in body.output)
    return names
