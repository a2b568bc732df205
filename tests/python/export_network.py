# SPDX-License-Identifier: Apache-2.0
"""PaddleSeg networks with random weights, exported as model packages (Paddle 3, PIR). Needs Paddle and PaddleSeg.

python export_network.py NETWORK FOLDER [--op argmax|softmax|none] [--seed N] [--open-shape]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Network:
    """`make` builds it from paddleseg.models; height and width, in pixels, are what it is trained for."""

    make: Callable
    height: int
    width: int


NETWORKS = {
    "pp_liteseg": Network(
        lambda m: m.PPLiteSeg(19, m.STDC1(), arm_out_chs=[32, 64, 128], seg_head_inter_chs=[32, 64, 64]), 512, 1024
    ),
    "pp_humanseg_lite": Network(lambda m: m.PPHumanSegLite(2), 192, 192),
    "mobileseg": Network(
        lambda m: m.MobileSeg(
            19,
            m.MobileNetV3_large_x1_0(),
            cm_bin_sizes=[1, 2, 4],
            cm_out_ch=64,
            arm_out_chs=[32, 48, 96],
            seg_head_inter_chs=[32, 32, 32],
        ),
        512,
        512,
    ),
    "unet": Network(lambda m: m.UNet(4), 256, 256),
    "deeplabv3p": Network(lambda m: m.DeepLabV3P(19, m.ResNet50_vd(output_stride=8, multi_grid=[1, 2, 4])), 512, 512),
    "segformer": Network(lambda m: m.SegFormer(19, m.MixVisionTransformer_B0(), embedding_dim=256), 512, 512),
}
DTYPES = {"argmax": "int32", "softmax": "float32", "none": "float32"}


def export(
    name: str,
    folder: Path,
    op: str = "argmax",
    seed: int = 7,
    open_shape: bool = False,
    sides: tuple[int, int] | None = None,
    prepare: Callable | None = None,
) -> Path:
    """Writes model.json, model.pdiparams and deploy.yaml into the folder, made where it is not there.

    sides: height and width, in pixels, in place of the network's own.
    prepare: is given the network before it is exported.
    open_shape: height and width are left open, as PaddleSeg's export does without --input_shape. The yaml says
    model.pdmodel, as PaddleSeg writes it. Under FLAGS_enable_pir_api=0 in the environment Paddle writes a .pdmodel.
    """
    import paddle
    import paddleseg.models as models

    network = NETWORKS[name]
    if sides is not None:
        network = Network(network.make, *sides)
    paddle.seed(seed)

    class Exported(paddle.nn.Layer):
        def __init__(self):
            super().__init__()
            self.network = network.make(models)
            if prepare is not None:
                prepare(self.network)

        def forward(self, x):
            scores = self.network(x)[0]
            if op == "argmax":
                return paddle.argmax(scores, axis=1, dtype="int32")
            return paddle.nn.functional.softmax(scores, axis=1) if op == "softmax" else scores

    layer = Exported()
    layer.eval()
    height, width = (None, None) if open_shape else (network.height, network.width)
    shape = [None, 3, height, width]
    folder.mkdir(parents=True, exist_ok=True)
    spec = paddle.static.InputSpec(shape=shape, dtype="float32", name="x")
    paddle.jit.save(paddle.jit.to_static(layer, input_spec=[spec]), str(folder / "model"))
    extents = ", ".join("null" if extent is None else str(extent) for extent in shape)
    (folder / "deploy.yaml").write_text(
        "Deploy:\n"
        "  model: model.pdmodel\n"
        "  params: model.pdiparams\n"
        f"  input_shape: [{extents}]\n"
        f"  output_op: {op}\n"
        f"  output_dtype: {DTYPES[op]}\n"
        "  transforms:\n"
        f"  - {{type: Resize, target_size: [{network.width}, {network.height}]}}\n"
        "  - type: Normalize\n"
    )
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--op", choices=DTYPES, default="argmax")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--open-shape", action="store_true")
    words = parser.parse_args()
    export(words.network, words.folder, words.op, words.seed, words.open_shape)
    return 0


if __name__ == "__main__":
    sys.exit(main())
