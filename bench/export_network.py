# SPDX-License-Identifier: Apache-2.0
"""Exports one of PaddleSeg's networks with random weights, as the model package that PaddleSeg's own code runs and as
the one with an ONNX graph.

    .venv-train/bin/python bench/export_network.py NAME OUT_DIR [argmax|softmax]

OUT_DIR/deploy.yaml names model.onnx; OUT_DIR/paddle/ is Paddle's. Random weights cost exactly what trained ones cost;
the labels mean nothing. The graph ends in the int32 argmax that PaddleSeg's export adds by default, or in a softmax.
"""

import pathlib
import subprocess
import sys

import paddle
import paddleseg.models as models

SEED = 7
NETWORKS = {  # name: (the network, height and width of its input)
    "liteseg": (
        lambda: models.PPLiteSeg(
            num_classes=19,
            backbone=models.STDC1(),
            arm_out_chs=[32, 64, 128],
            seg_head_inter_chs=[32, 64, 64],
        ),
        (512, 1024),
    ),
    "humanseg": (lambda: models.PPHumanSegLite(num_classes=2), (192, 192)),
    "mobileseg": (
        lambda: models.MobileSeg(
            num_classes=19,
            backbone=models.MobileNetV3_large_x1_0(),
            cm_bin_sizes=[1, 2, 4],
            cm_out_ch=64,
            arm_out_chs=[32, 48, 96],
            seg_head_inter_chs=[32, 32, 32],
        ),
        (512, 512),
    ),
    "unet": (lambda: models.UNet(num_classes=4), (256, 256)),
}

DEPLOY = """\
Deploy:
  input_shape: [-1, 3, {height}, {width}]
  model: {model}
  output_dtype: {dtype}
  output_op: {op}
  transforms:
  - target_size: [{width}, {height}]
    type: Resize
  - type: Normalize
"""


class WithOutput(paddle.nn.Layer):
    """The network and the output operation of PaddleSeg's export."""

    def __init__(self, network: paddle.nn.Layer, op: str):
        super().__init__()
        self.network = network
        self.op = op

    def forward(self, image):
        scores = self.network(image)[0]
        if self.op == "softmax":
            return paddle.nn.functional.softmax(scores, axis=1)
        return paddle.argmax(scores, axis=1, dtype="int32")


def main() -> int:
    name, target = sys.argv[1], pathlib.Path(sys.argv[2])
    op = sys.argv[3] if len(sys.argv) > 3 else "argmax"
    build, (height, width) = NETWORKS[name]
    own = target / "paddle"
    own.mkdir(parents=True, exist_ok=True)
    paddle.seed(SEED)
    layer = WithOutput(build(), op)
    layer.eval()
    spec = paddle.static.InputSpec(shape=[None, 3, height, width], dtype="float32", name="x")
    paddle.jit.save(paddle.jit.to_static(layer, input_spec=[spec]), f"{own}/model")
    command = [pathlib.Path(sys.executable).parent / "paddle2onnx", "--model_dir", own]
    command += ["--model_filename", "model.json", "--params_filename", "model.pdiparams"]
    command += ["--opset_version", "14", "--save_file", target / "model.onnx"]
    subprocess.run(command, check=True)
    said = {"height": height, "width": width, "op": op, "dtype": "float32" if op == "softmax" else "int32"}
    (own / "deploy.yaml").write_text(DEPLOY.format(model="model.json", **said) + "  params: model.pdiparams\n")
    (target / "deploy.yaml").write_text(DEPLOY.format(model="model.onnx", **said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
