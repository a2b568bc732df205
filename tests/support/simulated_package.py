# SPDX-License-Identifier: Apache-2.0
"""A model package for the simulated engine alone: pictures go in as they are, and the graph is never opened."""

import pathlib


def simulated_package(folder, height: int | None = None, width: int | None = None) -> pathlib.Path:
    """With a size, the package says that every picture has it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.onnx").write_bytes(b"never opened")
    shape = f"  input_shape: [-1, 3, {height}, {width}]\n" if height else ""
    (folder / "deploy.yaml").write_text(
        f"Deploy:\n  model: graph.onnx\n{shape}  transforms:\n  - type: Normalize\n  output_op: argmax\n"
    )
    return folder
