#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train the demo model on procedural scenes and export it as a model package.

    python tools/train_demo_model.py --work DIR --output models/demo

Needs tools/requirements-train.txt in a virtual environment of its own (docs/demo_model.md has the commands). Makes its
pictures by tools/make_scenes.py in DIR, trains a small PP-LiteSeg from PaddleSeg's library on the CPU, writes the
package (model.json + model.pdiparams, model.onnx, deploy.yaml, deploy_paddle.yaml, classes.txt), and scores the
exported network, argmax included, on scenes of a seed that it never trained on, at their original size.

Everything random comes from --seed: the same seed, versions, processor kind and --threads give the same weights.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))

SIDE = 512  # the network's input is SIDE x SIDE
CROP = 320  # training sees crops of this side, flipped and turned
BATCH = 4
HELD_OUT_SEED = 900000  # never a training seed: checked in main


def make_scenes(folder, count, seed, *sizes):
    subprocess.check_call(
        [
            sys.executable,
            TOOLS / "make_scenes.py",
            "--output",
            folder,
            "--count",
            str(count),
            "--seed",
            str(seed),
            *sizes,
        ]
    )


def load_scenes(folder):
    """Pictures as the deployed Resize makes them but still uint8 (RGB), labels reduced by nearest."""
    import cv2
    import numpy as np
    from PIL import Image

    pictures, labels = [], []
    for path in sorted((folder / "images").iterdir()):
        picture = cv2.imread(str(path)).astype("float32")
        picture = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        pictures.append(np.rint(picture[..., ::-1]).astype(np.uint8))
        label = np.asarray(Image.open(folder / "labels" / f"{path.stem}.png"))
        labels.append(cv2.resize(label, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST))
    return np.stack(pictures), np.stack(labels)


def build_network(classes):
    """PP-LiteSeg on a narrow STDC without the stage at 1/32, with one more fusion step at 1/4 for thin roads.

    UAFM_SpAtten_S is PaddleSeg's attention without the channel maximum, whose gradient is slow on a CPU.
    """
    from paddleseg.models import PPLiteSeg
    from paddleseg.models.backbones.stdcnet import STDCNet

    return PPLiteSeg(
        num_classes=classes,
        backbone=STDCNet(base=16, layers=[2, 2, 0]),
        backbone_indices=[1, 2, 3],
        arm_type="UAFM_SpAtten_S",
        cm_bin_sizes=[1, 2, 4],
        cm_out_ch=24,
        arm_out_chs=[24, 24, 24],
        seg_head_inter_chs=[24, 16, 16],
    )


def draw_batch(rng, pictures, labels):
    """BATCH random crops with one of the square's eight symmetries each, normalised, NCHW."""
    import numpy as np

    images, targets = [], []
    for index in rng.integers(0, len(pictures), BATCH):
        y, x = rng.integers(0, SIDE - CROP + 1, 2)
        image = pictures[index, y : y + CROP, x : x + CROP]
        target = labels[index, y : y + CROP, x : x + CROP]
        turns, flip = rng.integers(4), rng.integers(2)
        image, target = np.rot90(image, turns), np.rot90(target, turns)
        images.append(image[:, ::-1] if flip else image)
        targets.append(target[:, ::-1] if flip else target)
    images = (np.stack(images).astype("float32") / 255 - 0.5) / 0.5
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), np.stack(targets).astype("int64")


def train(network, pictures, labels, steps, rng):
    import paddle
    import paddle.nn.functional as F

    rate = paddle.optimizer.lr.LinearWarmup(paddle.optimizer.lr.CosineAnnealingDecay(4e-3, steps), 40, 1e-4, 4e-3)
    optimizer = paddle.optimizer.AdamW(rate, parameters=network.parameters(), weight_decay=1e-3)
    network.train()
    started, mean = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        images, targets = (paddle.to_tensor(array) for array in draw_batch(rng, pictures, labels))
        losses = [F.cross_entropy(logits, targets, axis=1) for logits in network(images)]
        loss = losses[0] + 0.4 * sum(losses[1:])
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        rate.step()
        mean += float(losses[0])
        if step % 50 == 0:
            print(f"step {step}/{steps}  loss {mean / 50:.4f}  {time.monotonic() - started:.0f} s", flush=True)
            mean = 0.0


def drop_identities(path):
    """Takes paddle2onnx's Identity nodes out: OpenVINO cannot see shapes through them, so the output had none."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    results = {output.name for output in graph.output}
    passed = [node for node in graph.node if node.op_type == "Identity" and node.output[0] not in results]
    source = {node.output[0]: node.input[0] for node in passed}
    kept = [node for node in graph.node if node.op_type != "Identity" or node.output[0] in results]
    for node in kept:
        for position, name in enumerate(node.input):
            while name in source:
                name = source[name]
            node.input[position] = name
    del graph.node[:]
    graph.node.extend(kept)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export(network, output, classes):
    """The package's files; the graph ends in the argmax that PaddleSeg's export appends for output_op argmax."""
    import paddle
    import yaml

    class WithArgmax(paddle.nn.Layer):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return paddle.argmax(self.network(x)[0], axis=1, dtype="int32")

    layer = WithArgmax()
    layer.eval()
    spec = paddle.static.InputSpec([None, 3, SIDE, SIDE], "float32", "x")
    output.mkdir(parents=True, exist_ok=True)
    paddle.jit.save(paddle.jit.to_static(layer, input_spec=[spec]), str(output / "model"))
    subprocess.check_call(
        [
            Path(sys.executable).parent / "paddle2onnx",
            "--model_dir",
            output,
            "--model_filename",
            "model.json",
            "--params_filename",
            "model.pdiparams",
            "--opset_version",
            "14",
            "--optimize_tool",
            "None",
            "--save_file",
            output / "model.onnx",
        ]
    )
    drop_identities(output / "model.onnx")
    for name, files in (
        ("deploy.yaml", {"model": "model.onnx"}),
        ("deploy_paddle.yaml", {"model": "model.json", "params": "model.pdiparams"}),
    ):
        deploy = {
            "input_shape": [-1, 3, SIDE, SIDE],
            "output_dtype": "int32",
            "output_op": "argmax",
            **files,
            "transforms": [{"type": "Resize", "target_size": [SIDE, SIDE]}, {"type": "Normalize"}],
        }
        (output / name).write_text(yaml.safe_dump({"Deploy": deploy}))
    (output / "classes.txt").write_text("".join(f"{name}\n" for name in classes))


def write_masks(package, images, masks):
    """Runs the exported network on each picture and enlarges its labels to the picture's size by nearest."""
    import cv2
    import numpy as np
    import paddle
    from PIL import Image

    layer = paddle.jit.load(str(package / "model"))
    layer.eval()
    masks.mkdir(parents=True, exist_ok=True)
    for path in sorted(images.iterdir()):
        picture = cv2.imread(str(path))
        small = cv2.resize(picture.astype("float32"), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)[..., ::-1]
        batch = np.ascontiguousarray(((small / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None], dtype="float32")
        label = layer(paddle.to_tensor(batch)).numpy()[0].astype(np.uint8)
        label = cv2.resize(label, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        Image.fromarray(label).save(masks / f"{path.stem}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the pictures and masks")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model package")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scenes", type=int, default=600, help="pictures to train on")
    parser.add_argument("--held-out", type=int, default=60, help="pictures to score on")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.seed == HELD_OUT_SEED:
        parser.error(f"--seed {HELD_OUT_SEED} is the held-out scenes' own")
    os.environ["OMP_NUM_THREADS"] = str(args.threads)  # read when paddle is imported

    import numpy as np
    import paddle
    from scenes import CLASSES
    from score_masks import score

    paddle.set_device("cpu")
    paddle.seed(args.seed)
    make_scenes(args.work / "train", args.scenes, args.seed, "--sizes", "mixed")
    make_scenes(args.work / "held_out", args.held_out, HELD_OUT_SEED, "--sizes", "mixed")
    network = build_network(len(CLASSES))
    train(network, *load_scenes(args.work / "train"), args.steps, np.random.default_rng(args.seed))
    export(network, args.output, CLASSES)
    write_masks(args.output, args.work / "held_out" / "images", args.work / "masks")
    print(score(args.work / "masks", args.work / "held_out" / "labels", CLASSES))


if __name__ == "__main__":
    sys.exit(main())
