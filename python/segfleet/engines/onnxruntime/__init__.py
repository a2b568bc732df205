# SPDX-License-Identifier: Apache-2.0
"""`--engine onnxruntime`: ONNX graphs by ONNX Runtime, on the CPU, by CUDA or by TensorRT.

Options and behaviour: docs/engines_onnxruntime.md.
"""

from segfleet.engines.onnxruntime.engine import OnnxRuntimeEngine

__all__ = ["OnnxRuntimeEngine"]
