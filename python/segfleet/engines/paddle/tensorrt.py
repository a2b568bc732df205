# SPDX-License-Identifier: Apache-2.0
"""TensorRT under Paddle: the shapes are collected at the first load, the built engines kept in the cache folder.

A .pdmodel goes by Config.enable_tensorrt_engine() with a file of collected shape ranges. A PIR graph is rewritten by
paddle.tensorrt.export.convert() for the shapes that it is told, and the rewritten graph is loaded.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from segfleet.engines.paddle.config import OneDnn, is_pir, make_config, precision_of
from segfleet.engines.paddle.settings import Settings
from segfleet.errors import EngineUnavailable


def make_tensorrt_predictor(
    paddle: ModuleType, graph: Path, weights: Path | None, settings: Settings, fingerprint: str, shape: list[int]
) -> Any:
    """A predictor that runs what it can in TensorRT, for batches 1 to settings.batch of `shape` (N×C×H×W, no -1)."""
    with _folder(paddle, settings, fingerprint, shape) as folder:
        if is_pir(graph):
            graph, weights = _convert(paddle, graph, settings, folder, shape)
            config = make_config(paddle, graph, weights, settings, OneDnn.OFF)
        else:
            ranges = _collect_shapes(paddle, graph, weights, settings, folder, shape)
            config = make_config(paddle, graph, weights, settings, OneDnn.OFF)
            config.enable_tensorrt_engine(
                workspace_size=settings.workspace_mb << 20,
                max_batch_size=settings.batch,
                min_subgraph_size=settings.min_subgraph_size,
                precision_mode=precision_of(paddle, settings),
                use_static=settings.cache_folder is not None,
                use_calib_mode=False,
            )
            config.set_optim_cache_dir(str(folder))
            config.enable_tuned_tensorrt_dynamic_shape(str(ranges), True)
        return paddle.inference.create_predictor(config)


@contextlib.contextmanager
def _folder(paddle: ModuleType, settings: Settings, fingerprint: str, shape: list[int]) -> Iterator[Path]:
    """Where files for this model, Paddle, TensorRT, kind of card and options lie; gone after the load without a cache.

    An engine that TensorRT built runs on its kind of card and under its own version alone.
    """
    if settings.cache_folder is None:
        with tempfile.TemporaryDirectory(prefix="segfleet-tensorrt-") as folder:
            yield Path(folder)
        return
    sizes = "x".join(str(extent) for extent in shape[1:])
    options = f"{settings.precision}-b{settings.batch}-{sizes}-s{settings.min_subgraph_size}-w{settings.workspace_mb}"
    version = ".".join(str(part) for part in paddle.inference.get_trt_runtime_version())
    card = re.sub("[^A-Za-z0-9]+", "-", str(paddle.device.cuda.get_device_name(0))).strip("-")
    folder = settings.cache_folder / f"paddle-{paddle.__version__}-tensorrt-{version}-{card}-{fingerprint}-{options}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _collect_shapes(
    paddle: ModuleType, graph: Path, weights: Path | None, settings: Settings, folder: Path, shape: list[int]
) -> Path:
    ranges = folder / "shape_ranges.pbtxt"
    if ranges.exists():
        return ranges
    unfinished = folder / f"shape_ranges.{os.getpid()}.tmp"  # other workers may collect at the same time
    config = make_config(paddle, graph, weights, settings, OneDnn.OFF)
    config.collect_shape_range_info(str(unfinished))
    predictor = paddle.inference.create_predictor(config)
    handle = predictor.get_input_handle(predictor.get_input_names()[0])
    for batch in sorted({1, settings.batch}):
        handle.reshape([batch, *shape[1:]])
        handle.copy_from_cpu(np.zeros([batch, *shape[1:]], np.float32))
        predictor.run()
    del handle, predictor  # Paddle writes the file when the predictor goes
    os.replace(unfinished, ranges)
    return ranges


def _convert(paddle: ModuleType, graph: Path, settings: Settings, folder: Path, shape: list[int]) -> tuple[Path, Path]:
    converted = folder / "converted"
    if not converted.exists():
        try:
            from paddle.tensorrt import export
        except ImportError as error:
            raise EngineUnavailable(
                f"engine option tensorrt=1: Paddle {paddle.__version__} cannot use TensorRT on a PIR model here: "
                f"{error}; install TensorRT and a paddlepaddle-gpu built with it, or leave the option out"
            ) from None
        precision = {"fp32": "FP32", "fp16": "FP16", "bf16": "BF16"}[settings.precision]
        smallest, largest = [1, *shape[1:]], [settings.batch, *shape[1:]]
        asked = export.TensorRTConfig(
            inputs=[export.Input(min_input_shape=smallest, optim_input_shape=largest, max_input_shape=largest)],
            min_subgraph_size=settings.min_subgraph_size,
            workspace_size=settings.workspace_mb << 20,
            precision_mode=getattr(export.PrecisionMode, precision),
        )
        unfinished = Path(tempfile.mkdtemp(prefix="converting.", dir=folder))
        asked.save_model_dir = str(unfinished / "model")
        export.convert(str(graph.with_suffix("")), asked)
        try:
            os.replace(unfinished, converted)
        except OSError:  # another worker was faster
            shutil.rmtree(unfinished)
    return converted / "model.json", converted / "model.pdiparams"
