# SPDX-License-Identifier: Apache-2.0
"""The errors of segfleet: one class for each code of include/segfleet/error.h, all of them subclasses of Error."""


class Error(Exception):
    """What went wrong. str() names the thing, the cause and the mend; `code` is stable, for programs."""

    code = "internal"

    def __init_subclass__(cls, code: str) -> None:
        cls.code = code
        _CLASSES[code] = cls


_CLASSES: dict[str, type[Error]] = {}


class InvalidArgument(Error, ValueError, code="invalid_argument"):
    """An option or a call that cannot be honoured as written."""


class NotFound(Error, FileNotFoundError, code="not_found"):
    """A path that does not exist."""


class PermissionDenied(Error, PermissionError, code="permission_denied"):
    """The operating system refused access."""


class IoError(Error, OSError, code="io_error"):
    """Reading or writing failed for another reason."""


class NoSpace(Error, OSError, code="no_space"):
    """Disk, quota or inodes are full."""


class ModelInvalid(Error, code="model_invalid"):
    """The model package is broken or contradicts itself."""


class ModelUnsupported(Error, code="model_unsupported"):
    """The model package is sound but segfleet cannot run it."""


class InputUnreadable(Error, code="input_unreadable"):
    """An input file could not be read."""


class InputTruncated(Error, code="input_truncated"):
    """An input picture ends too early."""


class InputCorrupt(Error, code="input_corrupt"):
    """An input picture breaks its format's rules."""


class InputUnsupported(Error, code="input_unsupported"):
    """Not a picture format, or a variant that segfleet does not read."""


class InputTooLarge(Error, code="input_too_large"):
    """Over a limit on bytes, pixels or scans."""


class DeviceUnknown(Error, code="device_unknown"):
    """A device that this machine does not have."""


class DeviceLost(Error, code="device_lost"):
    """A device whose workers kept dying."""


class OutOfMemory(Error, MemoryError, code="out_of_memory"):
    """Device or host memory ran out."""


class EngineError(Error, code="engine_error"):
    """The engine failed while running."""


class EngineUnavailable(Error, ImportError, code="engine_unavailable"):
    """The engine is not installed or cannot be opened."""


class WorkerCrashed(Error, code="worker_crashed"):
    """The worker died while it alone had this item."""


class WorkerTimeout(Error, TimeoutError, code="worker_timeout"):
    """The worker gave no outcome within the item's deadline."""


class ProtocolError(Error, code="protocol_error"):
    """A peer process sent what it must not send."""


class LedgerError(Error, code="ledger_error"):
    """The ledger cannot be opened, read or written."""


class OutputLocked(Error, code="output_locked"):
    """Another run owns the output folder."""


class OutputConflict(Error, code="output_conflict"):
    """Two inputs would share one output name."""


class ResumeMismatch(Error, code="resume_mismatch"):
    """The output folder was made with another model or other options."""


class Interrupted(Error, code="interrupted"):
    """The user asked to stop."""


class Internal(Error, code="internal"):
    """A bug in segfleet."""


class TooManyFailures(Error, code="too_many_failures"):
    """More items failed than max_failures allows; the run ended, and the same call goes on."""


def error_of(code: str, message: str) -> Error:
    """The exception of that code; Internal where this version does not know it."""
    return _CLASSES.get(code, Internal)(message)
