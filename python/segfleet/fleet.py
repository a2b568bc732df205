# SPDX-License-Identifier: Apache-2.0
"""Pictures in, labels out, on every device of the machine, for programs that hold pictures in memory."""

from __future__ import annotations

import collections
import itertools
import os
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from segfleet import _native, _programs
from segfleet._pictures import as_batch, as_picture
from segfleet.errors import Error, Internal, InvalidArgument, OutOfMemory

if TYPE_CHECKING:
    Image = str | os.PathLike[str] | bytes | np.ndarray

_Result = TypeVar("_Result")
_OPEN_PER_DEVICE = 64  # map(): enough for every stage of a device's worker to be busy


class Fleet:
    """One worker process on each device, kept alive between calls.

    model: a PaddleSeg or PaddleX export (the folder, or its yaml file).
    devices: "auto", "cpu", "cpu:0-3", "cpu*4", "gpu:0,1", comma-separated, as `segfleet run --devices`.
    Further options are those of `segfleet run`, with underscores: engine, engine_options (a dict), python,
    workers_per_device, lanes, threads, batch (a number, or "auto": grown from 1 as long as it pays and fits),
    memory_limit and memory_reserve (of each device: bytes, "4GiB" or "80%"), precision, size, restore,
    paddleseg_version, threshold, multi_label, min_confidence, unknown_class, fast_decode and decode (of paths
    and encoded JPEGs), cache, item_timeout (seconds), max_pixels, max_file_bytes; and
    confidence (bool): results also hold the probability of each pixel's class;
    arena_bytes (int): shared memory for arrays, encoded pictures and the labels of arrays, 1 GiB; submit() waits while
    it is full. Labels of paths and encoded pictures have memory of their own.

    Images are paths, encoded bytes (a JPEG, PNG, ... file), or H×W×3 uint8 arrays of any strides in OpenCV's order,
    blue first, as PaddleSeg has it; rgb=True says that red comes first.

    Thread-safety: every method from any thread. After fork() a fleet belongs to the parent alone. Raises
    segfleet.Error where the model or a device cannot be used; returns once the first worker has loaded the model.
    """

    def __init__(self, model: str | os.PathLike[str], devices: str = "auto", **options: Any) -> None:
        self._closed = False
        self._confidence = bool(options.get("confidence"))
        options.setdefault("python", _programs.python())
        options.setdefault("worker_program", _programs.WORKER)
        self._native = _native.NativeFleet({"model": model, "devices": devices, **options})
        _interruptible(self._native.open, self._native.stop)
        self._tickets = itertools.count()
        self._out = _Out(self._native)
        self._collector = threading.Thread(target=self._out.collect, name="segfleet-collector", daemon=True)
        self._collector.start()
        # Also where it is forgotten, and at the interpreter's end.
        weakref.finalize(self, _end, self._native, self._collector)

    def submit(self, image: Image, *, rgb: bool = False) -> Future[_native.Segmentation]:
        """Gives one image to the fleet. The image's memory is free when this returns.

        Waits while the shared memory is full; a Ctrl-C ends the wait. The future's exception is a segfleet.Error.
        A done callback of a future may submit too, but where it would have to wait it gets InvalidArgument: callbacks
        run on the thread that hands out the results.
        """
        return self._submit(image, rgb, block=True)

    async def segment(self, image: Image, *, rgb: bool = False) -> _native.Segmentation:
        """submit() for asyncio: never blocks the event loop, not even while the shared memory is full."""
        import asyncio  # here: it is three quarters of what importing segfleet would take

        future = self._submit(image, rgb, block=False)
        while future is None:
            await asyncio.sleep(0.001)
            future = self._submit(image, rgb, block=False)
        return await asyncio.wrap_future(future)

    def map(
        self,
        images: Iterable[Image],
        *,
        rgb: bool = False,
        ordered: bool = True,
        return_errors: bool = False,
        window: int | None = None,
    ) -> Iterator[_native.Segmentation]:
        """Yields the results of many images, lazily: `images` is read no further than `window` ahead of what was taken.

        ordered: in the order of the images, or as they complete. return_errors: a failed image, or what is no image,
        yields its segfleet.Error, else it is raised, which ends the iteration. window: default 64 for each device.
        """
        if window is None:
            window = _OPEN_PER_DEVICE * max(1, len(self.stats()["devices"]))
        if window < 1:
            raise InvalidArgument(f"window={window}: it must be at least 1")
        self._refuse_in_callback("map() would wait for results")
        futures = self._ordered(images, rgb, window) if ordered else self._as_completed(images, rgb, window)
        for future in futures:
            error = future.exception()
            if error is None:
                result = future.result()
                del future  # the caller alone decides how long the labels live
                yield result
                del result
            elif return_errors:
                yield error  # type: ignore[misc]
            else:
                raise error

    def segment_batch(self, images: np.ndarray, *, rgb: bool = False) -> np.ndarray:
        """Labels N×H×W of N×H×W×3 images: one batch shared out over all devices, merged in place into one array.

        With confidence=True, a pair of labels and confidence. Raises the first failed image's error, with its index.
        """
        batch, native = as_batch(images), self._open()
        if len(batch) == 0:
            nothing = np.zeros(batch.shape[:3], np.uint8)
            return (nothing, nothing) if self._confidence else nothing

        def work() -> tuple[np.ndarray, np.ndarray | None, list[tuple[int, Error]]]:
            try:
                return native.segment_batch(batch, rgb)
            finally:
                self._out.tell_of_room()  # the collector sees nothing of a batch; a Ctrl-C does not end it

        labels, confidence, failures = _interruptible(work)
        for index, error in failures:
            raise type(error)(f"image {index} of {len(batch)}: {error}") from None
        return labels if confidence is None else (labels, confidence)

    def stats(self) -> dict[str, Any]:
        """Counts, rates and, per device, state, throughput, busy share (0 to 1), peak memory; the notes so far."""
        return self._native.stats()

    def close(self, *, at_once: bool = False) -> None:
        """Waits for what was submitted, then ends the workers; at_once kills them, and open futures get Interrupted.

        A Ctrl-C while it waits makes it at_once. Not for a future's done callback: InvalidArgument.
        """
        if self._closed:
            return
        self._refuse_in_callback("close() would wait for the results")
        try:
            self._closed = True
            _interruptible(lambda: self._native.close(at_once), self._native.stop)
        except BaseException:
            self._native.close(True)  # where the Ctrl-C came before the closing began
            raise
        if self._collector.is_alive():  # false in a child after fork()
            self._collector.join()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(at_once=kind is not None)

    def __repr__(self) -> str:
        return f"<segfleet.Fleet {'closed' if self._closed else 'open'}, {len(self._out.futures)} images out>"

    def _refuse_in_callback(self, what: str) -> None:
        if threading.current_thread() is self._collector:
            raise InvalidArgument(
                f"{what} in a future's done callback, on the thread that hands out the results: it would wait for "
                "itself; do it in a thread of yours"
            )

    def _open(self) -> _native.NativeFleet:
        if self._closed:
            raise InvalidArgument("the fleet is closed: open another")
        return self._native

    def _submit(self, image: Image, rgb: bool, *, block: bool) -> Future[_native.Segmentation] | None:
        native, picture, ticket = self._open(), as_picture(image), next(self._tickets)
        future: Future[_native.Segmentation] = Future()
        future.set_running_or_notify_cancel()  # what is out cannot be taken back
        self._out.futures[ticket] = future
        try:
            ended = self._out.ended
            if self._out.failure is not None:  # after the future is among those that are told
                raise Internal(self._out.failure)
            while not _give(native, picture, rgb, ticket):
                if not block:
                    del self._out.futures[ticket]
                    return None
                self._refuse_in_callback("submit() would wait for room in the shared memory")
                ended = self._out.wait_for_more_than(ended)
        except BaseException:
            self._out.futures.pop(ticket, None)
            raise
        return future

    def _ordered(self, images: Iterable[Image], rgb: bool, window: int) -> Iterator[Future[_native.Segmentation]]:
        out: collections.deque[Future[_native.Segmentation]] = collections.deque()
        for image in images:
            while (future := self._submit_beside(image, rgb, out)) is None:
                yield out.popleft()
            out.append(future)
            if len(out) >= window:
                yield out.popleft()
        while out:
            yield out.popleft()

    def _as_completed(self, images: Iterable[Image], rgb: bool, window: int) -> Iterator[Future[_native.Segmentation]]:
        out: set[Future[_native.Segmentation]] = set()
        for image in images:
            while (future := self._submit_beside(image, rgb, out)) is None:
                yield _take_done(out)
            out.add(future)
            del future
            while len(out) >= window:
                yield _take_done(out)
        while out:
            yield _take_done(out)

    def _submit_beside(
        self, image: Image, rgb: bool, out: Collection[Future[_native.Segmentation]]
    ) -> Future[_native.Segmentation] | None:
        """None: the results of `out` hold the shared memory, so one must be taken first.

        An image that is refused is a failed one: its error is the future's, in the place of its result.
        """
        self._open()
        try:
            return self.submit(image, rgb=rgb)
        except Error as error:
            if isinstance(error, OutOfMemory) and out:
                return None
            refused: Future[_native.Segmentation] = Future()
            refused.set_exception(error.with_traceback(None))  # its frames would keep the image
            return refused


def _interruptible(work: Callable[[], _Result], stop: Callable[[], None] | None = None) -> _Result:
    """What `work` gives, from another thread: Python sees no Ctrl-C inside C++. After one, `stop` ends the work."""
    future: Future[_Result] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)

    try:
        threading.Thread(target=run, name="segfleet-wait", daemon=True).start()
        return future.result()
    except BaseException:
        # A Ctrl-C inside start() can leave a thread that never runs: what has not begun is taken back, not waited for.
        if stop is not None and not future.cancel() and not future.done():
            stop()
            wait([future])
        raise


def _end(native: _native.NativeFleet, collector: threading.Thread) -> None:
    """The collector ends before the interpreter does: a thread that comes back from C++ after that ends the program."""
    native.close(True)
    if collector.is_alive() and collector is not threading.current_thread():
        collector.join()


def _take_done(out: set[Future[_native.Segmentation]]) -> Future[_native.Segmentation]:
    future = next(iter(wait(out, return_when=FIRST_COMPLETED).done))
    out.remove(future)
    return future


def _give(native: _native.NativeFleet, picture: Any, rgb: bool, ticket: int) -> bool:
    """False: there is no room for now."""
    if isinstance(picture, bytes):
        return native.submit_encoded(picture, ticket)
    if isinstance(picture, (str, os.PathLike)):
        native.submit_path(picture, ticket)
        return True
    return native.submit_array(picture, rgb, ticket)


class _Out:
    """The images that are out, and the thread that hands results to their futures. Holds no reference to the fleet."""

    def __init__(self, native: _native.NativeFleet) -> None:
        self._native = native
        self.futures: dict[int, Future[_native.Segmentation]] = {}
        self.ended = 0  # rises whenever images have ended
        self.failure: str | None = None  # why no future will get its result any more
        self._more = threading.Condition()

    def collect(self) -> None:
        try:
            self._hand_out()
        except BaseException as error:  # noqa: BLE001
            self.failure = f"the thread that hands out this fleet's results has ended: {error!r}; open another fleet"
            for ticket in list(self.futures):
                if (future := self.futures.pop(ticket, None)) is not None:
                    future.set_exception(Internal(self.failure))
        finally:
            self.tell_of_room()  # or a submit() would wait for room for ever

    def _hand_out(self) -> None:
        while finished := self._native.take_finished():
            for ticket, outcome in finished:
                future = self.futures.pop(ticket, None)
                if future is None:
                    pass  # a Ctrl-C came between giving the image and giving its future: nobody waits
                elif isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
            del finished, outcome, future  # or the last image's memory would stay taken
            self.tell_of_room()

    def tell_of_room(self) -> None:
        """Lets those that wait for room try again."""
        with self._more:
            self.ended += 1
            self._more.notify_all()

    def wait_for_more_than(self, ended: int) -> int:
        with self._more:
            while self.ended == ended:
                self._more.wait()
            return self.ended
