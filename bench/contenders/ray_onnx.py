# SPDX-License-Identifier: Apache-2.0
"""Batch inference with Ray Data and ONNX Runtime, built as Ray's guide to offline inference shows it: read_images, a
class that loads the model once for map_batches, write_images.

    .venv-ray/bin/python bench/contenders/ray_onnx.py GRAPH HEIGHT WIDTH PICTURES OUT ACTORS THREADS

Masks have the picture's size, but names of Ray's own. Actors ask for less than a core each, so that reading and
writing, which Ray gives a core a task, find one beside them.
"""

import os
import sys
import tempfile

import cv2
import numpy as np
import onnxruntime

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray  # noqa: E402


class Segmenter:
    def __init__(self, graph: str, height: int, width: int, threads: int):
        cv2.setNumThreads(threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.size = width, height

    def __call__(self, batch: dict) -> dict:
        masks = []
        for image in batch["image"]:
            small = cv2.resize(image.astype(np.float32), self.size) / 255
            tensor = np.ascontiguousarray(((small - 0.5) / 0.5).transpose(2, 0, 1)[None])
            labels = self.session.run(None, {self.input: tensor})[0][0].astype(np.uint8)
            masks.append(cv2.resize(labels, image.shape[1::-1], interpolation=cv2.INTER_NEAREST))
        return {"mask": np.stack(masks)}


def write_masks(graph: str, size: tuple[int, int], pictures: str, out: str, actors: int, threads: int) -> None:
    masks = ray.data.read_images(pictures, mode="RGB").map_batches(
        Segmenter,
        fn_constructor_args=(graph, *size, threads),
        concurrency=actors,
        num_cpus=0.5,
        batch_size=4,
    )
    masks.write_images(out, column="mask", file_format="png")


def main() -> None:
    graph, height, width, pictures, out, actors, threads = sys.argv[1:]
    cores = int(actors) * int(threads)
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as scratch:
        ray.init(include_dashboard=False, log_to_driver=False, num_cpus=cores, _temp_dir=scratch)
        write_masks(graph, (int(height), int(width)), pictures, out, int(actors), int(threads))
        ray.shutdown()


if __name__ == "__main__":
    main()
