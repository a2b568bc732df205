# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime alone in a loop on one device, with the calls of its own Python guide to IOBinding.

    python bench/contenders/raw_onnxruntime.py GRAPH DEVICE HEIGHT WIDTH BATCH IMAGES

DEVICE is cuda or cpu. Prints a line of JSON: images/s with the batch copied in and the labels copied out at each call
(`whole`), and with both left where they are (`compute`). Convolutions' algorithms are timed before the clock runs.
"""

import json
import sys
import time

import numpy as np
import onnxruntime as ort

WARM_UP_CALLS = 3


def open_session(graph: str, device: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    if device == "cpu":
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    ort.preload_dlls()
    provider = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "EXHAUSTIVE", "use_tf32": 0})
    session = ort.InferenceSession(graph, options, providers=[provider, "CPUExecutionProvider"])
    if session.get_providers()[0] != provider[0]:
        raise SystemExit(f"{provider[0]} did not start: {session.get_providers()}")
    return session


def images_per_s(call, batch: int, images: int) -> float:
    for _ in range(WARM_UP_CALLS):
        call()
    calls = max(1, images // batch)
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return calls * batch / (time.perf_counter() - start)


def main() -> None:
    graph, device = sys.argv[1:3]
    height, width, batch, images = map(int, sys.argv[3:])
    session = open_session(graph, device)
    given, taken = session.get_inputs()[0].name, session.get_outputs()[0].name
    pictures = np.random.default_rng(1).standard_normal((batch, 3, height, width), np.float32)
    on_device = ort.OrtValue.ortvalue_from_numpy(pictures, device, 0)
    binding = session.io_binding()
    binding.bind_ortvalue_input(given, on_device)
    binding.bind_output(taken, device, 0)

    def whole() -> None:
        on_device.update_inplace(pictures)
        session.run_with_iobinding(binding)
        binding.copy_outputs_to_cpu()

    def compute() -> None:
        session.run_with_iobinding(binding)

    print(json.dumps({f.__name__: images_per_s(f, batch, images) for f in (whole, compute)}))


if __name__ == "__main__":
    main()
