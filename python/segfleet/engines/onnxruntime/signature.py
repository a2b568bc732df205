# SPDX-License-Identifier: Apache-2.0
"""The graph's input and output 0, checked against what segfleet feeds and expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segfleet._native import EngineOptions, ModelPackage
from segfleet.engines.onnx_labels import LABELS
from segfleet.errors import InvalidArgument, ModelInvalid, ModelUnsupported

_TYPES = {
    "tensor(float)": "f4",
    "tensor(float16)": "f2",
    "tensor(double)": "f8",
    "tensor(uint8)": "u1",
    "tensor(int8)": "i1",
    "tensor(uint16)": "u2",
    "tensor(int16)": "i2",
    "tensor(uint32)": "u4",
    "tensor(int32)": "i4",
    "tensor(int64)": "i8",
    "tensor(bool)": "?",
}
_GIVEN = {np.dtype("u1"): "u8", np.dtype("i4"): "i32", np.dtype("i8"): "i64", np.dtype("f4"): "f32"}


def given_type(dtype: np.dtype) -> np.dtype:
    """What infer() gives for output 0 of `dtype`: scores become float32, labels of unusual types int32."""
    if dtype in _GIVEN:
        return dtype
    return np.dtype(np.float32) if dtype.kind == "f" else np.dtype(np.int32)


@dataclass
class Signature:
    input_name: str
    input_shape: list[int]  # N, 3, H, W; -1 where it is open
    input_type: np.dtype  # float32 or float16
    output_name: str
    output_shape: list[int]  # as infer() gives it
    output_type: np.dtype  # as the graph gives it
    notes: list[str] = field(default_factory=list)

    @property
    def is_scores(self) -> bool:
        return self.output_type.kind == "f"

    @property
    def output_word(self) -> str:
        return _GIVEN[given_type(self.output_type)]


def _shape_of(port: Any) -> list[int]:
    return [extent if isinstance(extent, int) and extent > 0 else -1 for extent in port.shape or []]


def _text(port: Any) -> str:
    extents = "x".join("?" if extent < 0 else str(extent) for extent in _shape_of(port))
    return f"'{port.name}' {port.type} {extents or 'of unknown rank'}"


def _listed(ports: list) -> str:
    return ", ".join(map(_text, ports)) or "none"


def read_signature(session: Any, model: ModelPackage, options: EngineOptions, scores: bool) -> Signature:
    """Raises ModelUnsupported, ModelInvalid, InvalidArgument. `scores`: the graph was cut before its ArgMax."""
    inputs, outputs = list(session.get_inputs()), list(session.get_outputs())
    shape, notes = _check_input(inputs, model, options)
    if not outputs:
        raise ModelUnsupported(f"{model.graph_path}: the graph has no output")
    output_shape, output_type = _check_output(outputs[0], model, scores)
    input_type = np.dtype(_TYPES[inputs[0].type])
    if input_type != np.float32:
        notes.append("the graph computes in float16: pictures are rounded to it, scores widened from it")
    if len(outputs) > 1:
        notes.append(
            f"the graph has {len(outputs)} outputs ({_listed(outputs)}); output 0 is used, as in PaddleSeg's "
            "infer.py; ONNX Runtime computes the others too: an export without them is faster"
        )
    return Signature(inputs[0].name, shape, input_type, outputs[0].name, output_shape, output_type, notes)


def _check_input(inputs: list, model: ModelPackage, options: EngineOptions) -> tuple[list[int], list[str]]:
    if len(inputs) != 1:
        raise ModelUnsupported(
            f"{model.graph_path}: the graph has {len(inputs)} inputs ({_listed(inputs)}); segfleet feeds exactly one, "
            "the picture"
        )
    shape = _shape_of(inputs[0])
    is_picture = len(shape) == 4 and shape[1] in (3, -1)
    if not is_picture or inputs[0].type not in ("tensor(float)", "tensor(float16)"):
        raise ModelUnsupported(
            f"{model.graph_path}: the graph's input is {_text(inputs[0])}; segfleet feeds float Nx3xHxW (RGB pictures)"
        )
    shape[1] = 3
    said = list(model.input_shape)
    if said and (len(said) != 4 or any(a > 0 and b > 0 and a != b for a, b in zip(said, shape, strict=True))):
        raise ModelInvalid(
            f"{model.config_path}: input_shape is {said}, but {model.graph_path.name} takes {shape}; export the model "
            "again or correct input_shape"
        )
    if shape[0] > 1:
        raise ModelUnsupported(
            f"{model.graph_path}: the graph's batch is fixed at {shape[0]}; export it with batch -1 or 1"
        )
    if shape[0] == 1 and options.batch > 1:
        raise InvalidArgument("the graph's batch is fixed at 1 and does not allow another; use --batch 1")
    return shape, []


def _check_output(port: Any, model: ModelPackage, scores: bool) -> tuple[list[int], np.dtype]:
    shape, dtype = _shape_of(port), np.dtype(_TYPES.get(port.type, "O"))
    fits = dtype.kind != "O" and (len(shape) == 4 or (len(shape) == 3 and dtype.kind != "f"))
    if fits and len(shape) == 4 and dtype.kind != "f":
        fits = shape.pop(1) in (1, -1)
    if not fits:
        raise ModelUnsupported(
            f"{model.graph_path}: output 0 of the graph is {_text(port)}; segfleet needs integer labels NxHxW or "
            "scores NxCxHxW"
        )
    if dtype.kind != "f" and port.name != LABELS and (scores or model.output_op != "argmax"):
        raise ModelInvalid(
            f"{model.config_path}: output_op is {model.output_op}, but the graph's output 0 holds integer labels; set "
            "output_op: argmax or export the graph without argmax"
        )
    return shape, dtype
