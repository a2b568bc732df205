# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.conversion.pin_shape PREFIX RESULT HEIGHT WIDTH`: a PIR graph for pictures of one size alone.

Reads PREFIX.json and PREFIX.pdiparams, writes RESULT.json and RESULT.pdiparams. paddle2onnx converts adaptive pooling,
which PP-LiteSeg has, only where it is told the size of what is pooled: that is found here by running the graph once.
"""

from __future__ import annotations

import sys

import numpy as np


def main() -> int:
    prefix, result, height, width = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    import paddle
    from paddle.base.libpaddle.pir import create_shaped_type

    paddle.enable_static()
    executor = paddle.static.Executor(paddle.CPUPlace())
    program, names, outputs = paddle.static.load_inference_model(prefix, executor)
    block = program.global_block()
    feed = next(op for op in block.ops if op.name() in ("pd_op.data", "pd_op.feed")).results()[0]
    pooled = [op.operands_source()[0] for op in block.ops if op.name() == "pd_op.pool2d" and op.attrs().get("adaptive")]
    for op in [op for op in block.ops if op.name() == "pd_op.fetch"]:
        block.remove_op(op)  # their columns would be those of the values fetched here; saving adds them again
    picture = np.zeros((1, 3, height, width), np.float32)
    found = executor.run(program, feed={names[0]: picture}, fetch_list=pooled) if pooled else []
    for value, array in zip([feed, *pooled], [picture, *found], strict=True):
        value.set_type(create_shaped_type(value.type(), [-1, *array.shape[1:]]))
    paddle.static.save_inference_model(result, [feed], outputs, executor, program=program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
