# SPDX-License-Identifier: Apache-2.0
"""What a person writes with paddleseg and paddle.inference: its transforms, its predictor, its palette PNGs.

    .venv-train/bin/python bench/contenders/paddleseg_way.py part PACKAGE OUT THREADS original|network FILE...
    .venv-train/bin/python bench/contenders/paddleseg_way.py pool PACKAGE OUT THREADS original|network FILE... \
        --processes N --batch B

`part` is one process of scheme 1: its share of the files, on the cores that it was started on. `pool` is scheme 2: a
multiprocessing pool over batches; each process writes into a folder of its own, merged into OUT at the end. Prints
{"images", "seconds"}: from the first batch, warmed up, to the end.

Settings: oneDNN on, one intra-op thread a core, palette PNGs by Pillow as PaddleSeg saves them, nothing fsynced.
`network` is what PaddleSeg's infer.py gives; `original` undoes the transforms with PaddleSeg's own reverse_transform.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import time


class PaddleSeg:
    """PaddleSeg's deploy code and a predictor; made once a process."""

    def __init__(self, package: pathlib.Path, threads: int, original: bool):
        os.environ["OMP_NUM_THREADS"] = str(threads)
        import cv2
        import numpy
        import paddle
        from paddle import inference
        from paddleseg.core.infer import reverse_transform
        from paddleseg.deploy.infer import DeployConfig
        from paddleseg.utils.visualize import get_pseudo_color_map

        cv2.setNumThreads(threads)
        paddle.set_device("cpu")
        self.numpy, self.paddle = numpy, paddle
        self.reverse_transform, self.get_pseudo_color_map = reverse_transform, get_pseudo_color_map
        self.original = original
        deploy = DeployConfig(str(package / "deploy.yaml"))
        self.transforms = deploy.transforms
        config = inference.Config(deploy.model, deploy.params)
        config.disable_gpu()
        config.disable_glog_info()
        config.set_cpu_math_library_num_threads(threads)
        config.enable_mkldnn()
        self.predictor = inference.create_predictor(config)
        self.input = self.predictor.get_input_handle(self.predictor.get_input_names()[0])
        self.output = self.predictor.get_output_handle(self.predictor.get_output_names()[0])

    def run(self, files: list[str], folder: pathlib.Path) -> None:
        prepared = [self.transforms({"img": file}) for file in files]
        tensor = self.numpy.ascontiguousarray([data["img"] for data in prepared])
        self.input.reshape(tensor.shape)
        self.input.copy_from_cpu(tensor)
        self.predictor.run()
        outputs = self.output.copy_to_cpu()
        for file, data, output in zip(files, prepared, outputs, strict=True):
            labels = self.labels(output, data["trans_info"])
            self.get_pseudo_color_map(labels).save(folder / (pathlib.Path(file).stem + ".png"))

    def labels(self, output, trans_info):
        """H x W labels of one picture, from H x W labels or C x H x W scores of the network's size."""
        paddle = self.paddle
        if output.ndim == 3 and self.original:
            scores = self.reverse_transform(paddle.to_tensor(output[None]), trans_info, mode="bilinear")
            return paddle.argmax(scores, axis=1, dtype="int32").numpy()[0]
        if output.ndim == 3:
            return output.argmax(0)
        if self.original:
            enlarged = self.reverse_transform(paddle.to_tensor(output[None, None]), trans_info, mode="nearest")
            return enlarged.numpy()[0, 0]
        return output


def part(options) -> dict:
    paddleseg = PaddleSeg(options.package, options.threads, options.size == "original")
    options.out.mkdir(parents=True, exist_ok=True)
    paddleseg.run(options.files[:1], options.out)
    start = time.perf_counter()
    for file in options.files[1:]:
        paddleseg.run([file], options.out)
    return {"images": len(options.files) - 1, "seconds": time.perf_counter() - start}


def start_worker(options, numbers) -> None:
    """In a process of the pool."""
    global worker
    number = numbers.get()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[number * options.threads : (number + 1) * options.threads] or cores)
    worker = PaddleSeg(options.package, options.threads, options.size == "original"), options.out / f"part-{number}"
    worker[1].mkdir(parents=True)


def run_in_pool(batch: list[str]) -> int:
    worker[0].run(batch, worker[1])
    return len(batch)


def pool(options) -> dict:
    files, size = options.files, options.batch
    batches = [files[i : i + size] for i in range(0, len(files), size)]
    numbers = multiprocessing.SimpleQueue()
    for number in range(options.processes):
        numbers.put(number)
    with multiprocessing.Pool(options.processes, start_worker, (options, numbers)) as processes:
        done = processes.imap_unordered(run_in_pool, batches)
        warm = sum(next(done) for _ in range(min(options.processes, len(batches))))
        start = time.perf_counter()
        images = sum(done)
        seconds = time.perf_counter() - start
    for mask in options.out.glob("part-*/*.png"):
        mask.rename(options.out / mask.name)
    assert warm + images == len(files)
    return {"images": images, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scheme", choices=["part", "pool"])
    parser.add_argument("package", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("size", choices=["original", "network"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    options = parser.parse_args()
    print(json.dumps(part(options) if options.scheme == "part" else pool(options)))


if __name__ == "__main__":
    main()
