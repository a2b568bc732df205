# SPDX-License-Identifier: Apache-2.0
"""The text of a module of engines that misbehave, one kind each, for hosted_engine_test.py."""

ENGINES = '''
import os, sys, threading
import numpy as np
from segfleet.errors import InvalidArgument, OutOfMemory


def labels_of(batch):
    """Class 1 on the right half of a picture."""
    labels = np.zeros((batch.shape[0], *batch.shape[2:]), np.uint8)
    labels[:, :, batch.shape[3] // 2 :] = 1
    return labels


class Good:
    def load(self, model, options):
        pass

    def infer(self, batch, lane):
        return labels_of(batch)


def aligned(size):
    memory = np.empty(size + 64, np.uint8)
    begin = -memory.__array_interface__["data"][0] % 64
    return memory[begin : begin + size]


class Lends(Good):
    # Sound labels only of batches that lie in memory that it gave.
    def load(self, model, options):
        self.lent = set()

    def input_memory(self, size_bytes):
        memory = aligned(size_bytes)
        self.lent.add(memory.__array_interface__["data"][0])
        return memory

    def infer(self, batch, lane):
        return labels_of(batch) if batch.__array_interface__["data"][0] in self.lent else labels_of(batch) + 1


def lending(give):
    class Engine(Good):
        def input_memory(self, size_bytes):
            return give(size_bytes)

    return Engine


class RemembersPerThread(Good):
    # Sound labels only where the thread of a lane still has what the calls before kept in it.
    def load(self, model, options):
        self.lanes = options.lanes
        self.calls = [0] * options.lanes
        self.kept = threading.local()

    def infer(self, batch, lane):
        self.calls[lane] += 1
        self.kept.calls = getattr(self.kept, "calls", 0) + 1
        return labels_of(batch) if self.kept.calls == self.calls[lane] else labels_of(batch) + 1


def returning(change):
    class Engine(Good):
        def infer(self, batch, lane):
            return change(labels_of(batch))

    return Engine


def raising(make):
    class Engine(Good):
        def infer(self, batch, lane):
            raise make()

    return Engine


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no text for you")


def read_only(labels):
    labels.flags.writeable = False
    return labels


def with_gaps(labels):
    wide = np.zeros((*labels.shape[:2], labels.shape[2] * 2), np.uint8)
    wide[..., ::2] = labels
    return wide[..., ::2]


class Object:
    pass


WrongHeight = returning(lambda labels: labels[:, 1:])
WrongRank = returning(lambda labels: labels[0])
WrongCount = returning(lambda labels: np.concatenate([labels, labels]))
NoItems = returning(lambda labels: labels[:0])
Scalar = returning(lambda labels: np.uint8(3))
FloatLabels = returning(lambda labels: labels.astype(np.float32))
Doubles = returning(lambda labels: labels.astype(np.float64)[:, None])
Bools = returning(lambda labels: labels.astype(bool))
Complexes = returning(lambda labels: labels.astype(np.complex64))
Objects = returning(lambda labels: labels.astype(object))
AList = returning(lambda labels: labels.tolist())
ATuple = returning(lambda labels: (labels,))
Text = returning(lambda labels: "labels")
Nothing = returning(lambda labels: None)
Something = returning(lambda labels: Object())
BigEndian = returning(lambda labels: labels.astype(">i4"))
Gaps = returning(with_gaps)
ReadOnly = returning(read_only)
Reversed = returning(lambda labels: labels[:, ::-1][:, ::-1])
NanScores = returning(lambda labels: np.full((labels.shape[0], 3, *labels.shape[1:]), np.nan, np.float32))

LendsNothing = lending(lambda size: None)
LendsTooLittle = lending(lambda size: aligned(size - 1))
LendsCrooked = lending(lambda size: aligned(size + 1)[1:])
LendsReadOnly = lending(lambda size: read_only(aligned(size)))
LendsFloats = lending(lambda size: aligned(size).view(np.float32))
LendsAList = lending(lambda size: [0] * size)

Raises = raising(lambda: RuntimeError("the reason"))
RaisesLines = raising(lambda: RuntimeError("first\\nsecond\\n" + "x" * 100_000))
RaisesUnprintable = raising(Unprintable)
RaisesSurrogate = raising(lambda: RuntimeError("half a character: \\ud800"))
RaisesBase = raising(lambda: BaseException("not even an Exception"))
RaisesInterrupt = raising(KeyboardInterrupt)
RaisesExit = raising(lambda: SystemExit(3))
RaisesGeneratorExit = raising(GeneratorExit)
RaisesSegfleets = raising(lambda: InvalidArgument("the option"))
RaisesMemory = raising(MemoryError)


class CallsExit(Good):
    def infer(self, batch, lane):
        sys.exit(5)


class Recurses(Good):
    def infer(self, batch, lane):
        return self.infer(batch, lane)


class Prints(Good):
    def load(self, model, options):
        print("x" * 5_000_000)
        os.write(1, b"y" * 5_000_000)

    def infer(self, batch, lane):
        print("z" * 5_000_000, flush=True)
        return labels_of(batch)


class LendRaises(Good):
    def input_memory(self, size_bytes):
        raise RuntimeError("no memory today")


class Dies(Good):
    def infer(self, batch, lane):
        os._exit(7)


class Hangs(Good):
    def infer(self, batch, lane):
        threading.Event().wait()


class HangsWithTheLock(Good):
    def infer(self, batch, lane):
        while True:
            pass


class HangsInLoad(Good):
    def load(self, model, options):
        threading.Event().wait()


class Keeps(Good):
    """Keeps its results, and gives an array of its own each time."""

    def load(self, model, options):
        self.kept = []

    def infer(self, batch, lane):
        self.kept.append(labels_of(batch))
        return self.kept[-1]


class SmallMemory(Good):
    def infer(self, batch, lane):
        if len(batch) > 2:
            raise MemoryError("no room for more than 2")
        return labels_of(batch)


class SmallCard(Good):
    def infer(self, batch, lane):
        if len(batch) > 1:
            raise OutOfMemory("no room for more than 1")
        return labels_of(batch)


class LoadRaises(Good):
    def load(self, model, options):
        raise RuntimeError("no load today")


class LoadExits(Good):
    def load(self, model, options):
        sys.exit(4)


class BadNotes(Good):
    notes = [1, 2]


class BadInput(Good):
    input = ("x",)


class ManyLanes(Good):
    lanes = 1000


class ConstructorNeedsMore(Good):
    def __init__(self, argument):
        pass


class InferTakesOne(Good):
    def infer(self, batch):
        return labels_of(batch)


class LeavesAThread(Good):
    def load(self, model, options):
        threading.Thread(target=threading.Event().wait).start()
'''
