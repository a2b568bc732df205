# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.conversion.run_onnx ONNX ENGINE`: what the converted graph gives for the same input.

Reads input_N.npy in the current folder and writes onnx_N.npy: output 0. Where that is an ArgMax, also scores_N.npy: the
scores it chose from, so that ties can be told from faults. ENGINE: "openvino" or "onnxruntime".
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

_PASSED_ON = {"Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape"}  # may lie between an ArgMax and the output


def with_scores(path: str) -> bytes:
    """The model, the input of the ArgMax behind output 0 made a second output where there is one."""
    import onnx

    model = onnx.load(path)
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(model.graph.output[0].name)
    while node is not None and node.op_type in _PASSED_ON:
        node = makers.get(node.input[0])
    first = model.graph.output[0]
    del model.graph.output[:]
    model.graph.output.append(first)
    if node is not None and node.op_type == "ArgMax":
        model.graph.output.append(onnx.helper.make_tensor_value_info(node.input[0], onnx.TensorProto.FLOAT, None))
    return model.SerializeToString()


def runner(engine: str, model: bytes) -> Callable[[np.ndarray], list[np.ndarray]]:
    """A function from the input to all outputs."""
    if engine == "openvino":
        import openvino

        compiled = openvino.Core().compile_model(
            openvino.Core().read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
        )
        return lambda batch: [np.array(value) for value in compiled(batch).values()]
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})


def main() -> int:
    onnx_file, engine = sys.argv[1:]
    run = runner(engine, with_scores(onnx_file))
    for number in range(len(list(Path().glob("input_*.npy")))):
        outputs = run(np.load(f"input_{number}.npy"))
        for name, output in zip(("onnx", "scores"), outputs, strict=False):
            np.save(f"{name}_{number}.npy", output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
