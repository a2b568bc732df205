# SPDX-License-Identifier: Apache-2.0
"""The parts of segfleet.convert. Paddle, paddle2onnx and the engines run in processes of their own: they print to
standard output, end the process on some models, and do not all get along in one."""
