# SPDX-License-Identifier: Apache-2.0
"""Paddle Inference as an engine: docs/engines_paddle.md. Importing this does not import Paddle."""

from segfleet.engines.paddle.engine import PaddleEngine

__all__ = ["PaddleEngine"]
