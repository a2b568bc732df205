# SPDX-License-Identifier: Apache-2.0
"""Labels of --engine paddle against PaddleSeg's own code on the same files: equal in every pixel."""

import os
import sys

import numpy as np
import pytest
import segfleet
from chains import CV2_HAS_IPP, TO_SIZE, write_package
from networks import OPS, SIDES, exported
from oracle import Network, Refused, labels_of, preprocess, restore_labels, restore_scores, sums_of_labels
from parity_pictures import NAMES, write_pictures

pytestmark = pytest.mark.skipif(not CV2_HAS_IPP, reason="this cv2 gives other tensors: its IPP code needs AVX2")

CORE = f"cpu:{min(os.sched_getaffinity(0))}"
# Each network with each output op, on a chain of its own; every third with the size of the network, as infer.py
# writes it; every other one on Paddle's own kernels instead of oneDNN's.
CASES = [
    (network, op, list(TO_SIZE)[i % len(TO_SIZE)], "network" if i % 3 == 2 else "original", i % 2 == 0)
    for i, (network, op) in enumerate((network, op) for network in SIDES for op in OPS)
]

MULTI_LABEL_CASES = [("pp_liteseg", "resize"), ("pp_humanseg_lite", "long, pad"), ("deeplabv3p", "aspect, resize")]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


def expected_labels(network, package, op, picture, size):
    tensor, trans_info = preprocess(package, picture)
    output = network.output(tensor)
    if size == "network":
        trans_info = []
    return restore_labels(output, trans_info) if op == "argmax" else labels_of(restore_scores(output, trans_info))


def test_there_are_420_cases():
    assert len(CASES) * len(NAMES) == 360
    assert len(MULTI_LABEL_CASES) * len(NAMES) == 60


def compare(fleet, pictures, expected_of):
    """Each picture's labels with expected_of(its path): no fault, and labels of more than one value."""
    faults, values = [], set()
    given = fleet.map(pictures.values(), return_errors=True)
    for (picture, path), result in zip(pictures.items(), given, strict=True):
        try:
            expected = expected_of(path)
        except Refused as refused:
            if getattr(result, "code", None) != "input_unsupported":
                faults.append(f"{picture}: PaddleSeg refuses it ({refused}), segfleet: {result}")
            continue
        if isinstance(result, segfleet.Error):
            faults.append(f"{picture}: {result}")
        elif result.labels.shape != expected.shape:
            faults.append(f"{picture}: {result.labels.shape} instead of {expected.shape}")
        elif (differing := int((result.labels != expected).sum())) > 0:
            faults.append(f"{picture}: {differing} of {expected.size} pixels differ")
        values |= set(np.unique(expected).tolist())
    assert not faults, "\n".join(faults)
    assert len(values) > 1, "labels of one value prove nothing"


@pytest.mark.parametrize(("name", "op", "chain", "size", "onednn"), CASES)
def test_labels_are_paddlesegs(tmp_path, pictures, name, op, chain, size, onednn):
    height, width = SIDES[name]
    package = write_package(tmp_path / "model", TO_SIZE[chain](width, height), op, exported(name, op))
    network = Network(package, onednn)
    options = {"engine": "paddle", "engine_options": {"onednn": str(int(onednn))}, "python": sys.executable}
    with segfleet.Fleet(package, devices=CORE, size=size, **options) as fleet:
        compare(fleet, pictures, lambda path: expected_labels(network, package, op, path, size))


@pytest.mark.parametrize(("name", "chain"), MULTI_LABEL_CASES)
def test_several_labels_a_pixel_are_paddlesegs(tmp_path, pictures, name, chain):
    height, width = SIDES[name]
    package = write_package(tmp_path / "model", TO_SIZE[chain](width, height), "none", exported(name, "none"))
    network = Network(package)

    def expected(path):
        tensor, trans_info = preprocess(package, path)
        return sums_of_labels(restore_scores(network.output(tensor), trans_info))

    options = {"engine": "paddle", "python": sys.executable, "multi_label": True}
    with segfleet.Fleet(package, devices=CORE, **options) as fleet:
        compare(fleet, pictures, expected)
