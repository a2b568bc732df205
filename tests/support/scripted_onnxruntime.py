# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the onnxruntime module of a machine with a card: no card is used, and nothing is computed.

Behaves as the module's Python side is documented; what runs, fails and is available is set on `script`.
"""

import threading
from types import SimpleNamespace

import numpy as np

__version__ = "9.9.0"
__file__ = "/nonexistent/onnxruntime/__init__.py"


class Script:
    """What the next calls do, and what the last ones were told."""

    def __init__(self):
        self.available = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
        self.started = None  # providers that a session really has; None: those it was asked for
        self.input_type = "tensor(float)"
        self.input_shape = ["n", 3, 32, 64]
        self.load_error = None
        self.run_errors = []  # one for each coming run; None: it goes well
        self.while_computing = lambda: None
        self.while_capturing = lambda: None
        self.sessions = []  # (providers, keyword arguments)
        self.device_values = []  # shapes of the values made on a card
        self.device_value_error = None
        self.preloaded = 0
        self.captures = []  # gpu_graph_id of each
        self.replays = []


script = Script()


def get_available_providers():
    return list(script.available)


def set_default_logger_severity(severity):
    pass


def preload_dlls():
    script.preloaded += 1


class _Recorded:
    def __init__(self):
        self.entries = {}

    def add_session_config_entry(self, key, value):
        self.entries[key] = value

    add_run_config_entry = add_session_config_entry


SessionOptions = RunOptions = _Recorded


class OrtValue:
    """On the card, whose memory is here the host's: data_ptr() is an address for scripted_cuda alone."""

    def __init__(self, shape, dtype):
        self.content = np.full(shape, 111, dtype)

    @staticmethod
    def ortvalue_from_shape_and_type(shape, dtype, device, device_id):
        assert (device, device_id) == ("cuda", 0)
        if script.device_value_error is not None:
            raise script.device_value_error
        script.device_values.append(tuple(shape))
        return OrtValue(shape, dtype)

    def update_inplace(self, array):
        raise AssertionError("holds the interpreter's lock while it copies")

    def data_ptr(self):
        return self.content.__array_interface__["data"][0]

    def shape(self):
        return list(self.content.shape)


class _Binding:
    def __init__(self):
        self.input = self.output = None
        self.has_output = False

    def bind_input(self, name, device, device_id, dtype, shape, address):
        raise AssertionError("on a card the input lies in a value of the card")

    def bind_ortvalue_input(self, name, value):
        self.input = value

    def bind_output(self, name, device="cpu", device_id=0, dtype=None, shape=None, address=None):
        assert (device, device_id, address) == ("cuda", 0, None), "the result stays on the card until it is copied"
        self.output, self.has_output = None, True

    def bind_ortvalue_output(self, name, value):
        self.output, self.has_output = value, True

    def synchronize_outputs(self):
        raise AssertionError("waits for the other lanes too")

    def get_outputs(self):
        return [self.output]


class InferenceSession:
    """Its labels are the first channel, truncated."""

    def __init__(self, graph, options, providers, **arguments):
        if script.load_error is not None:
            raise script.load_error
        names = [item if isinstance(item, str) else item[0] for item in providers]
        self._providers = names if script.started is None else script.started
        self._captures = any(item[1].get("enable_cuda_graph") for item in providers if not isinstance(item, str))
        self._graphs = {}  # (thread, id): the values that it was captured with
        script.sessions.append((providers, arguments))
        byte_labels = isinstance(graph, bytes) and b"segfleet_labels" in graph
        self._output = ("segfleet_labels", np.uint8) if byte_labels else ("y", np.int32)
        self.fallback = True

    def disable_fallback(self):
        self.fallback = False

    def get_providers(self):
        return self._providers

    def get_inputs(self):
        return [SimpleNamespace(name="x", type=script.input_type, shape=script.input_shape)]

    def get_outputs(self):
        name, dtype = self._output
        return [SimpleNamespace(name=name, type=f"tensor({np.dtype(dtype).name})", shape=["n", "h", "w"])]

    def io_binding(self):
        return _Binding()

    def run_with_iobinding(self, binding, options):
        assert not self.fallback and binding.has_output
        error = script.run_errors.pop(0) if script.run_errors else None
        if error is not None:
            raise error
        script.while_computing()
        if binding.output is None:
            binding.output = OrtValue(
                (binding.input.content.shape[0], *binding.input.content.shape[2:]), self._output[1]
            )
        graph_id = options.entries.get("gpu_graph_id", "0")
        if self._captures and graph_id != "-1":
            self._run_graph(binding, graph_id)
        else:
            self._compute(binding.input, binding.output)

    def _run_graph(self, binding, graph_id):
        key = (threading.get_ident(), graph_id)
        if key in self._graphs:
            script.replays.append(graph_id)
        else:
            script.captures.append(graph_id)
            script.while_capturing()
            self._graphs[key] = (binding.input, binding.output)
        self._compute(*self._graphs[key])  # where the graph was captured, whatever is bound now

    def _compute(self, given, result):
        result.content[...] = given.content[:, 0].astype(np.int32)
