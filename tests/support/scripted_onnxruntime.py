# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the onnxruntime module of a machine with a card: no card is used, and nothing is computed.

Behaves as the module's Python side is documented; what runs, fails and is available is set on `script`.
"""

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
        self.load_error = None
        self.run_errors = []  # one for each coming run; None: it goes well
        self.sessions = []  # (providers, keyword arguments)
        self.device_values = []  # shapes of the values made on a card
        self.device_value_error = None
        self.preloaded = 0


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


SessionOptions = RunOptions = _Recorded


class OrtValue:
    def __init__(self, shape, dtype):
        self.content = np.full(shape, np.nan, dtype)

    @staticmethod
    def ortvalue_from_shape_and_type(shape, dtype, device, device_id):
        assert (device, device_id) == ("cuda", 0)
        if script.device_value_error is not None:
            raise script.device_value_error
        script.device_values.append(tuple(shape))
        return OrtValue(shape, dtype)

    def update_inplace(self, array):
        self.content[...] = array


class _Binding:
    def __init__(self):
        self.input = self.output = None

    def bind_input(self, name, device, device_id, dtype, shape, address):
        raise AssertionError("on a card the input lies in a value of the card")

    def bind_ortvalue_input(self, name, value):
        self.input = value

    def bind_output(self, name, device="cpu", device_id=0, dtype=None, shape=None, address=None):
        self.output = (dtype, shape, address)

    def clear_binding_inputs(self):
        self.input = None

    def clear_binding_outputs(self):
        self.output = None

    def synchronize_outputs(self):
        pass

    def copy_outputs_to_cpu(self):
        return [self.result]


class InferenceSession:
    """Its labels are the first channel, truncated."""

    def __init__(self, graph, options, providers, **arguments):
        if script.load_error is not None:
            raise script.load_error
        names = [item if isinstance(item, str) else item[0] for item in providers]
        self._providers = names if script.started is None else script.started
        script.sessions.append((providers, arguments))
        self.fallback = True

    def disable_fallback(self):
        self.fallback = False

    def get_providers(self):
        return self._providers

    def get_inputs(self):
        return [SimpleNamespace(name="x", type=script.input_type, shape=["n", 3, 32, 64])]

    def get_outputs(self):
        return [SimpleNamespace(name="y", type="tensor(int32)", shape=["n", 32, 64])]

    def io_binding(self):
        return _Binding()

    def run_with_iobinding(self, binding, options):
        assert not self.fallback
        error = script.run_errors.pop(0) if script.run_errors else None
        if error is not None:
            raise error
        result = binding.input.content[:, 0].astype(np.int32)
        dtype, shape, address = binding.output
        if address is None:
            binding.result = result
            return
        assert (dtype, tuple(shape)) == (result.dtype, result.shape)
        memory = np.ctypeslib.as_array((np.ctypeslib.ctypes.c_int32 * result.size).from_address(address))
        memory[...] = result.ravel()
