# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.conversion.export_graph GRAPH WEIGHTS ONNX OPSET`: one Paddle graph to ONNX by paddle2onnx."""

from __future__ import annotations

import sys


def main() -> int:
    graph, weights, onnx_file, opset = sys.argv[1:]
    import paddle2onnx

    # Without an optimizing tool: the default one installs packages by itself, and the engines fold constants anyway.
    paddle2onnx.export(graph, weights, save_file=onnx_file, opset_version=int(opset), optimize_tool="None")
    return 0


if __name__ == "__main__":
    sys.exit(main())
