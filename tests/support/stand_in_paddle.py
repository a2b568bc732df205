# SPDX-License-Identifier: Apache-2.0
"""A scripted stand-in of the module `paddle`, for what needs a card: it records what Config is told, and fails on cue.

No card and no Paddle is used. install() puts it where `import paddle` finds it first.
"""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
from segfleet import EngineOptions
from segfleet.engines.paddle import PaddleEngine

FAULT = NotImplementedError(
    "(Unimplemented) ConvertPirAttribute2RuntimeAttribute not support [pir::ArrayAttribute<pir::DoubleAttribute>]  "
    "(at /paddle/paddle/fluid/framework/new_executor/instruction/onednn/onednn_instruction.cc:116)\n"
)
ONE_PICTURE = np.ones((1, 3, 32, 32), np.float32)


class StandIn:
    """What the installed Paddle is. `failures`: for "create" and "run", what is raised in turn; None: nothing."""

    def __init__(self, version="3.2.2", cuda=0, rocm=0, xpu=0, custom=(), failures=None, outputs=None, bf16=True):
        self.reserved_bytes, self.flags = 0, {}
        self.card, self.tensorrt = "Card", (8, 6, 1)
        self.version, self.cuda, self.rocm, self.xpu, self.custom = version, cuda, rocm, xpu, list(custom)
        self.failures = {step: list(raised) for step, raised in (failures or {}).items()}
        self.outputs = outputs or {"labels": lambda batch: (batch[:, 0] > 0).astype(np.int32)}
        self.inputs = ["x"]
        self.bf16 = bf16
        self.configs = []  # [[("enable_mkldnn",), ("set_mkldnn_cache_capacity", 16), ...], ...], one for each predictor
        self.ran = []  # shapes
        self.shrunk = 0
        self.conversions = []

    def fail(self, step):
        waiting = self.failures.get(step, [])
        if waiting and (error := waiting.pop(0)) is not None:
            raise error

    def module(self):
        """The tree of modules, by name."""
        paddle = ModuleType("paddle")
        paddle.__version__ = self.version
        paddle.is_compiled_with_cuda = lambda: self.cuda > 0
        paddle.set_flags = self.flags.update
        paddle.is_compiled_with_rocm = lambda: self.rocm > 0
        paddle.is_compiled_with_xpu = lambda: self.xpu > 0
        core = SimpleNamespace(supports_bfloat16=lambda: self.bf16, get_xpu_device_count=lambda: self.xpu)
        paddle.base = SimpleNamespace(core=core)
        cards = max(self.cuda, self.rocm, 0)
        paddle.device = SimpleNamespace(
            cuda=SimpleNamespace(
                device_count=lambda: cards,
                get_device_name=lambda i: f"{self.card} {i}",
                memory_reserved=lambda i: self.reserved_bytes,
            ),
            get_available_custom_device=lambda: self.custom,
            get_all_custom_device_type=lambda: sorted({name.partition(":")[0] for name in self.custom}),
        )
        inference = ModuleType("paddle.inference")
        inference.PrecisionType = SimpleNamespace(Float32="fp32", Half="fp16", Bfloat16="bf16")
        inference.get_trt_runtime_version = lambda: self.tensorrt
        inference.Config = lambda *files: Config(self, files)
        inference.create_predictor = lambda config: Predictor(self, config)
        export = SimpleNamespace(
            Input=lambda **shapes: shapes,
            TensorRTConfig=lambda **told: SimpleNamespace(**told),
            PrecisionMode=SimpleNamespace(FP32="fp32", FP16="fp16", BF16="bf16"),
            convert=self.convert,
        )
        tensorrt = ModuleType("paddle.tensorrt")
        tensorrt.export = export
        paddle.inference, paddle.tensorrt = inference, tensorrt
        return {"paddle": paddle, "paddle.inference": inference, "paddle.tensorrt": tensorrt}

    def install(self, modules=sys.modules):
        modules.update(self.module())
        return self

    def convert(self, prefix, config):
        self.conversions.append((prefix, vars(config)))
        for suffix in (".json", ".pdiparams"):
            Path(config.save_model_dir + suffix).write_text("converted")

    def told(self, name, predictor=-1):
        """The arguments of each call of Config.`name`, for that predictor."""
        return [call[1:] for call in self.configs[predictor] if call[0] == name]


class Config:
    def __init__(self, stand_in, files):
        self._calls = [("files", *files)]
        stand_in.configs.append(self._calls)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *values, **named: self._calls.append((name, *values, *([named] if named else [])))


class Predictor:
    def __init__(self, stand_in, config):
        stand_in.fail("create")
        self._stand_in, self._batch = stand_in, None
        ranges = dict(call[:2] for call in config._calls if call[0] == "collect_shape_range_info")
        self._ranges = ranges.get("collect_shape_range_info")

    def __del__(self):
        if getattr(self, "_ranges", None):
            Path(self._ranges).write_text(str(self._stand_in.ran))

    def get_input_names(self):
        return self._stand_in.inputs

    def get_output_names(self):
        return list(self._stand_in.outputs)

    def get_input_handle(self, name):
        handle = SimpleNamespace(reshape=lambda shape: None)
        handle.copy_from_cpu = lambda batch: setattr(self, "_batch", batch.copy())
        return handle

    def get_output_handle(self, name):
        return SimpleNamespace(copy_to_cpu=lambda: self._stand_in.outputs[name](self._batch))

    def run(self):
        self._stand_in.ran.append(self._batch.shape)
        self._stand_in.fail("run")

    def try_shrink_memory(self):
        self._stand_in.shrunk += 1


def loaded(model, device="cpu", extra=None, **options):
    engine = PaddleEngine()
    engine.load(model, EngineOptions(device=device, extra=extra or {}, **{"threads": 2, "batch": 4, **options}))
    return engine
