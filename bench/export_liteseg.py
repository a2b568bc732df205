# SPDX-License-Identifier: Apache-2.0
"""Exports PP-LiteSeg (STDC1 backbone, 19 classes, 512x1024) with random weights as a model package with an ONNX graph.

    .venv-bench/bin/python bench/export_liteseg.py OUT_DIR

Random weights cost exactly what trained ones cost; the labels mean nothing. The graph ends in the int32 argmax that
PaddleSeg's export adds by default.
"""

import pathlib
import subprocess
import sys
import tempfile

import paddle
import paddleseg.models as models

HEIGHT, WIDTH, CLASSES, SEED = 512, 1024, 19, 7

DEPLOY = f"""\
Deploy:
  input_shape: [-1, 3, {HEIGHT}, {WIDTH}]
  model: model.onnx
  output_dtype: int32
  output_op: argmax
  transforms:
  - target_size: [{WIDTH}, {HEIGHT}]
    type: Resize
  - type: Normalize
"""


class WithArgmax(paddle.nn.Layer):
    """The network and the output operation of PaddleSeg's export."""

    def __init__(self, network: paddle.nn.Layer):
        super().__init__()
        self.network = network

    def forward(self, image):
        return paddle.argmax(self.network(image)[0], axis=1, dtype="int32")


def main() -> int:
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    paddle.seed(SEED)
    network = models.PPLiteSeg(
        num_classes=CLASSES,
        backbone=models.STDC1(),
        arm_out_chs=[32, 64, 128],
        seg_head_inter_chs=[32, 64, 64],
    )
    layer = WithArgmax(network)
    layer.eval()
    spec = paddle.static.InputSpec(shape=[None, 3, HEIGHT, WIDTH], dtype="float32", name="x")
    with tempfile.TemporaryDirectory() as folder:
        paddle.jit.save(paddle.jit.to_static(layer, input_spec=[spec]), f"{folder}/model")
        command = [pathlib.Path(sys.executable).parent / "paddle2onnx", "--model_dir", folder]
        command += ["--model_filename", "model.json", "--params_filename", "model.pdiparams"]
        command += ["--opset_version", "14", "--save_file", target / "model.onnx"]
        subprocess.run(command, check=True)
    (target / "deploy.yaml").write_text(DEPLOY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
