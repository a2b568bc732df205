# SPDX-License-Identifier: Apache-2.0
"""The folder of converted packages: $XDG_CACHE_HOME/segfleet/converted/<hash>/. Entries appear by rename, whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from segfleet import _native
from segfleet.errors import Error, IoError, NoSpace, PermissionDenied

RECORD = "conversion.json"
_WORK_PREFIX = ".work-"
_STALE_SECONDS = 24 * 3600  # work of a conversion that was killed
_FULL = {28, 122}  # ENOSPC, EDQUOT


def root() -> Path:
    """Where converted packages lie. As the XDG rules say, a relative $XDG_CACHE_HOME does not count."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "segfleet" / "converted"


def entry_name(source: str, converter: str) -> str:
    """32 hex digits: 16 of the model, 16 of what converts it."""
    return "".join(hashlib.sha256(text.encode()).hexdigest()[:16] for text in (source, converter))


def find(name: str, any_converter: bool = False) -> Path | None:
    """The whole and undamaged entry; with `any_converter`, one that another version of the converter made will do."""
    pattern = f"{name[:16]}*" if any_converter else name
    return next((folder for folder in sorted(root().glob(pattern)) if is_sound(folder)), None)


def is_sound(folder: Path) -> bool:
    """True where the package reads well and has the content that was recorded when it was made."""
    try:
        record = json.loads((folder / RECORD).read_text())
        return record["fingerprint"] == _native.load_model_package(folder).fingerprint
    except (OSError, ValueError, KeyError, TypeError, Error):
        return False


@contextlib.contextmanager
def os_errors(folder: Path) -> Iterator[None]:
    """Turns OSError into segfleet's errors, naming the folder."""
    try:
        yield
    except OSError as error:
        kind = NoSpace if error.errno in _FULL else PermissionDenied if isinstance(error, PermissionError) else IoError
        raise kind(f"cannot write a converted model into {folder}: {error.strerror or error}") from error


@contextlib.contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """A folder of one's own in `parent`, gone at the end; those that killed conversions left behind go too."""
    with os_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(_WORK_PREFIX + "*"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def publish(package: Path, target: Path) -> Path:
    """Renames a finished package to `target`. Where a sound one has come there meanwhile, that one stays."""
    with os_errors(target.parent):
        package.chmod(0o755)
        try:
            package.rename(target)
        except OSError:
            if is_sound(target):
                return target
            if not target.is_dir():
                raise
            target.rename(package.parent / "damaged")
            package.rename(target)
    return target
