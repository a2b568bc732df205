# SPDX-License-Identifier: Apache-2.0
"""The engine "paddle": a predictor of Paddle Inference on one device."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np

from segfleet._native import EngineOptions, ModelPackage
from segfleet.engines.card_memory import card_memory
from segfleet.engines.paddle.config import OneDnn, check_graph_file, is_pir, make_config
from segfleet.engines.paddle.errors import is_onednn_fault, paddle_errors
from segfleet.engines.paddle.library import (
    FAST_VERSION,
    VersionOfPaddle,
    check_device,
    import_paddle,
    list_devices,
    major_version,
)
from segfleet.engines.paddle.output import as_labels_or_scores
from segfleet.engines.paddle.settings import CUDA_KINDS, Settings, settings_of
from segfleet.engines.paddle.tensorrt import make_tensorrt_predictor
from segfleet.errors import EngineError, EngineUnavailable, InvalidArgument, ModelUnsupported, OutOfMemory

_GUESSED_SIDE = 256  # of the first batch, where the model leaves height or width open
_DTYPES = {"uint8": "u8", "int32": "i32", "int64": "i64", "float32": "f32"}


class PaddleEngine:
    """Implements segfleet.engine.Engine. Paddle holds the interpreter's lock while it runs: one lane."""

    name = "paddle"
    version = VersionOfPaddle()
    lanes = 1

    _paddle: ModuleType
    _model: ModelPackage
    _settings: Settings
    _predictor: Any

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.class_count = 0
        self.device_name = ""
        self.input: tuple[str, str, list[int]] | None = None
        self.output: tuple[str, str, list[int]] | None = None
        self._takes: list[int] = [-1, 3, -1, -1]
        self._onednn = OneDnn.OFF
        self._loaded = False

    @staticmethod
    def devices() -> list[tuple[str, str]]:
        """Devices other than the CPU that the installed Paddle can drive here. Raises EngineUnavailable."""
        return list_devices(import_paddle("cpu"))

    def load(self, model: ModelPackage, options: EngineOptions) -> None:
        """Loads and runs one batch of zeros, so that what cannot run is known here.

        Raises InvalidArgument, EngineUnavailable, DeviceUnknown, ModelUnsupported, OutOfMemory, EngineError.
        """
        self._settings = settings_of(options)
        if model.format != "paddle":
            raise ModelUnsupported(
                f"{model.graph_path}: engine paddle runs model.json or .pdmodel; use --engine openvino or onnxruntime"
            )
        check_graph_file(model.graph_path)
        self._model = model
        self._paddle = import_paddle(self._settings.kind)
        if is_pir(model.graph_path) and major_version(self._paddle) < 3:
            raise EngineUnavailable(
                f"{model.graph_path}: Paddle {self._paddle.__version__} reads .pdmodel only, and this model is "
                f"PIR, the format of Paddle 3; pip install paddlepaddle=={FAST_VERSION}"
            )
        check_device(self._paddle, self._settings)
        if list(model.input_shape):
            self._takes = list(model.input_shape)
        self._check_batch_option()
        if self._settings.kind == "cpu" and self._settings.onednn:
            self._onednn = OneDnn.FULL
        if options.memory_limit_bytes and self._settings.kind in CUDA_KINDS:
            self._paddle.set_flags({"FLAGS_gpu_memory_limit_mb": max(1, options.memory_limit_bytes >> 20)})
        self._create_predictor()
        self._first_batch()
        self._describe()
        self._loaded = True

    def infer(self, batch: np.ndarray, lane: int) -> np.ndarray:
        """Raises OutOfMemory, EngineError; ends the process on a CUDA error that sticks."""
        self._check(batch)
        output = self._run(batch)
        return as_labels_or_scores(output, self._model.output_op, batch.shape[0])

    def memory(self) -> tuple[int, int, int] | None:
        """Of an NVIDIA card: by NVML, or where NVML does not know this process (a container), by Paddle's pool."""
        told = card_memory() if self._settings.kind == "gpu" else None
        if told is None:
            return None
        used, free, total = told
        return (int(self._paddle.device.cuda.memory_reserved(0)) if used is None else used, free, total)

    def _create_predictor(self) -> None:
        model, settings = self._model, self._settings
        with paddle_errors(f"load {model.graph_path}", loading=True):
            if settings.tensorrt:
                predictor = make_tensorrt_predictor(
                    self._paddle, model.graph_path, model.weights_path, settings, model.fingerprint, self._first_shape()
                )
            else:
                config = make_config(self._paddle, model.graph_path, model.weights_path, settings, self._onednn)
                predictor = self._paddle.inference.create_predictor(config)
            names = predictor.get_input_names()
            if len(names) != 1:
                raise ModelUnsupported(
                    f"{model.graph_path} has {len(names)} inputs ({', '.join(names)}): segfleet feeds one picture"
                )
            self._predictor = predictor
            self._output_names = list(predictor.get_output_names())
            self._output = predictor.get_output_handle(self._output_names[0])
            self._input = predictor.get_input_handle(names[0])
            self._input_name = names[0]

    def _run(self, batch: np.ndarray) -> np.ndarray:
        """Output 0 as Paddle gives it. Where oneDNN cannot run the graph, goes on with less of it."""
        try:
            with paddle_errors("run a batch"):
                # A copy (0.6 ms of PP-LiteSeg's 303): an array lent by share_external_data() may be let go inside
                # run(), which takes the interpreter's lock, and run() holds that.
                self._input.reshape(list(batch.shape))
                self._input.copy_from_cpu(batch)
                self._predictor.run()
                return self._output.copy_to_cpu()
        except OutOfMemory:
            if self._settings.kind in CUDA_KINDS:
                self._predictor.try_shrink_memory()  # else the pool keeps what the large batch took
            raise
        except EngineError as error:
            if not is_onednn_fault(error) or self._onednn is OneDnn.OFF:
                raise
        self._use_less_of_onednn()
        return self._run(batch)

    def _use_less_of_onednn(self) -> None:
        version, mend = self._paddle.__version__, f"pip install paddlepaddle=={FAST_VERSION} for the full speed"
        if self._settings.precision == "bf16":
            raise EngineUnavailable(
                f"precision bf16: the oneDNN of Paddle {version} cannot run this PIR model; use --precision fp32, or "
                f"pip install paddlepaddle=={FAST_VERSION}"
            )
        if self._onednn is OneDnn.FULL:
            self._onednn = OneDnn.CONVOLUTIONS
            cost = "runs its convolutions only: about 1.5 times slower"
        else:
            self._onednn = OneDnn.OFF
            cost = "is off: about 5 times slower (PP-LiteSeg 512x1024, one thread: 181 -> 950 ms)"
        note = f"Paddle {version} fails on this PIR model with all of oneDNN, which therefore {cost}; {mend}"
        self.notes = [note]
        if self._loaded:  # too late for notes
            sys.stderr.write(f"segfleet: {note}\n")
        self._create_predictor()

    def _check_batch_option(self) -> None:
        fixed, asked = self._takes[0], self._settings.batch
        if fixed > 1:
            raise ModelUnsupported(
                f"{self._model.config_path}: input_shape has a batch of {fixed} built in; "
                "export the model with batch -1"
            )
        if fixed == 1 and asked > 1:
            raise InvalidArgument(
                f"{self._model.config_path}: input_shape has a batch of 1 built in, and {asked} was asked for; "
                "use --batch 1, or export the model with batch -1"
            )

    def _first_shape(self) -> list[int]:
        return [max(1, self._takes[0]), 3, *(side if side > 0 else _GUESSED_SIDE for side in self._takes[2:])]

    def _first_batch(self) -> None:
        shape = self._first_shape()
        try:
            output = as_labels_or_scores(self._run(np.zeros(shape, np.float32)), self._model.output_op, shape[0])
        except EngineError as error:
            if self._settings.precision != "fp32":
                raise EngineError(f"precision {self._settings.precision}: {error}; use --precision fp32") from error
            if min(self._takes[2:]) > 0:
                raise
            return  # a size that was guessed need not suit the graph
        is_scores = output.ndim == 4
        self.class_count = output.shape[1] if is_scores else 0
        sides = [-1 if side < 0 else after for side, after in zip(self._takes[2:], output.shape[-2:], strict=True)]
        classes = [self.class_count] if is_scores else []
        self.output = (self._output_names[0], _DTYPES[output.dtype.name], [self._takes[0], *classes, *sides])

    def _describe(self) -> None:
        settings, takes = self._settings, self._takes
        self.input = (self._input_name, "f32", takes)
        self.device_name = settings.device
        if settings.kind in CUDA_KINDS:
            self.device_name = str(self._paddle.device.cuda.get_device_name(0))
        if len(self._output_names) > 1:
            self.notes.append(
                f"{self._model.graph_path.name} has {len(self._output_names)} outputs: {self._output_names[0]} is "
                f"used, {', '.join(self._output_names[1:])} not"
            )
        if settings.tensorrt and min(takes[2:]) < 0:
            height, width = self._first_shape()[2:]
            self.notes.append(
                f"TensorRT is tuned for {width}x{height}, as the model leaves its size open: a picture of another "
                "size makes it build again"
            )

    def _check(self, batch: np.ndarray) -> None:
        fits = batch.ndim == 4 and all(
            extent > 0 and own in (-1, extent) for own, extent in zip(self._takes, batch.shape, strict=True)
        )
        if batch.dtype != np.float32 or not fits:
            raise EngineError(
                f"{self._model.graph_path.name} takes float32 {self._takes} and was given {batch.dtype} "
                f"{list(batch.shape)}; make the model package's transforms and input_shape fit"
            )
